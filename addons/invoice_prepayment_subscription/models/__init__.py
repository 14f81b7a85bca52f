from . import account_tax
from . import prepayment_milestone
from . import prepayment_policy
from . import sale_order
