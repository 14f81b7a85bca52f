from . import account_move
from . import prepayment_invoice_link
from . import sale_order
from . import stock_lot
