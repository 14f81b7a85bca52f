from . import paymatch_bank_match, paymatch_bill, paymatch_decide, paymatch_import, paymatch_offset, paymatch_statement
