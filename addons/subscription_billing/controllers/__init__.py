from . import renewals
