from . import mrp_production
from . import mrp_workorder
from . import prepayment_override
from . import sale_order
from . import stock_move
