from . import (
    transfer_connection,
    transfer_connection_contacts,
    transfer_connection_products,
    transfer_connection_terms,
    transfer_connection_vendor_bills,
)
