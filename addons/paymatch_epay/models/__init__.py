from . import paymatch_gateway_payment, paymatch_report, transfer_connection
