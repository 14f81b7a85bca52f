from . import test_billing_run
from . import test_complete_lines
from . import test_faults
from . import test_group
from . import test_ledger
from . import test_security
from . import test_subscription
from . import test_two_processes
