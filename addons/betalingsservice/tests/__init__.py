from . import test_agreement
from . import test_collection
from . import test_month
from . import test_proof
from . import test_security
from . import test_signup
