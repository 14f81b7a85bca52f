from . import (
    test_advice,
    test_bank,
    test_bank_match,
    test_fetch,
    test_import,
    test_matching,
    test_payout,
    test_profile,
    test_proof,
    test_security,
    test_statement,
    test_story,
)
