from . import prepayment_override_wizard
