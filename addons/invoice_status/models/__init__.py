from . import account_move
from . import account_move_line
from . import account_partial_reconcile
from . import account_payment
from . import invoice_payment_history
from . import invoice_payment_removal
from . import invoice_status_log
from . import res_company
