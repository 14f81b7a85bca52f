from . import test_production_hold
