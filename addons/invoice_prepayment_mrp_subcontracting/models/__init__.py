from . import mrp_production
from . import sale_order
from . import stock_move
from . import stock_picking
from . import stock_reference
