from . import test_billing_faults
from . import test_references
from . import test_period
from . import test_reminder_brand
