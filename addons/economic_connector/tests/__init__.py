from . import test_contract, test_currency, test_terms, test_vendor_bills
