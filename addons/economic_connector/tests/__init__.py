from . import test_contract, test_vendor_bills
