from . import test_billing_faults
from . import test_period
