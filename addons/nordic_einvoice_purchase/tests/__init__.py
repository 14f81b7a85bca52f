from . import test_order_match
