from . import prepayment_policy
from . import sale_order
