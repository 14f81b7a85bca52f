from . import transfer_connection, transfer_log
