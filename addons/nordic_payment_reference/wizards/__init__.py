from . import payment_reference_correct
from . import payment_reference_find
