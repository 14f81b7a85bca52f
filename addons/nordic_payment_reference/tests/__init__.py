from . import test_payment_reference
