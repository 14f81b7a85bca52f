from . import mrp_production
from . import sale_order
from . import stock_picking
