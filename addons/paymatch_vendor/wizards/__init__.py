from . import paymatch_bank_match, paymatch_import
