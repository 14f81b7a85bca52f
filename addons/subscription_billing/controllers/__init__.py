from . import portal
from . import renewals
