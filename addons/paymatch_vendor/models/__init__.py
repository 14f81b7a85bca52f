from . import (
    account_bank_statement,
    account_bank_statement_line,
    account_journal,
    account_move,
    account_payment,
    paymatch_bank_answer,
    paymatch_bank_answer_line,
    paymatch_vendor_payment,
    paymatch_vendor_payment_matching,
    paymatch_vendor_payment_returned,
)
