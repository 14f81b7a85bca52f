from . import test_faces
from . import test_invoice_status
from . import test_payment_history
from . import test_security
