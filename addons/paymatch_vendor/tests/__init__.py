from . import test_bank_answer, test_bank_charges, test_returned, test_story, test_vendor_matching
