from . import account_payment_register
from . import prepayment_terms
from . import prepayment_money_wizard
from . import prepayment_settlement_wizard
from . import sale_advance_payment_inv
