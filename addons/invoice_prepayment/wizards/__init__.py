from . import prepayment_terms
from . import sale_advance_payment_inv
