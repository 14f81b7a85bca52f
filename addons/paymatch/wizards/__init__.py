from . import paymatch_decide, paymatch_import
