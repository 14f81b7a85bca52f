from . import test_subcontracting_hold
