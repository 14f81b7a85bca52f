from . import test_hold_links
from . import test_hold_payments
from . import test_hold_planning
from . import test_hold_routes
from . import test_hold_rpc
from . import test_hold_savepoints
from . import test_invoice_links
from . import test_production_hold
