from . import test_billing_faults
from . import test_references
from . import test_period
