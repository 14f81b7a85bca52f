from . import mrp_production
from . import purchase_order
from . import sale_order
