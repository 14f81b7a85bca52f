from . import test_billing_faults
