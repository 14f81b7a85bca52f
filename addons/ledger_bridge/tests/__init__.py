from . import test_bridge, test_contacts, test_export
