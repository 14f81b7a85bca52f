from . import test_bridge, test_export
