from . import account_move
from . import prepayment_policy
from . import transfer_connection
