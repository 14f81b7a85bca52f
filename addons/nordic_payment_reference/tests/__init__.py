from . import test_advice
from . import test_guard
from . import test_kinds
from . import test_lookup
from . import test_payment_reference
from . import test_printing
