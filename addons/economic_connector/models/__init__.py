from . import transfer_connection
