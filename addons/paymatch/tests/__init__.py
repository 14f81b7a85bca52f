from . import test_advice, test_bank, test_import, test_payout, test_profile, test_proof, test_security
