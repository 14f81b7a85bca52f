from . import account_move
from . import ledger_account_mapping
from . import prepayment_policy
from . import transfer_connection
