from . import (
    dinero_authorisation,
    dinero_organisation,
    dinero_token,
    transfer_connection,
    transfer_connection_contacts,
    transfer_connection_files,
    transfer_connection_invoices,
    transfer_connection_payments,
    transfer_connection_products,
    transfer_connection_sign_in,
    transfer_connection_terms,
    transfer_connection_vendor_bills,
)
