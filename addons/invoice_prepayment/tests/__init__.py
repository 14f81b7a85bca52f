from . import test_exactness
from . import test_faces
from . import test_policy
from . import test_prepayment
