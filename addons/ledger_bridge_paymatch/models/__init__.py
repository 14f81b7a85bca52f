from . import account_move, paymatch_report, transfer_connection
