from . import test_contract, test_currency, test_vendor_bills
