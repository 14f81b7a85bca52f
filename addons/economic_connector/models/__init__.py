from . import transfer_connection, transfer_connection_contacts
