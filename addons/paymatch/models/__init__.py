from . import (
    account_bank_statement,
    account_bank_statement_line,
    account_move,
    ir_attachment,
    paymatch_provider,
    paymatch_report,
    paymatch_report_approval,
    paymatch_report_import,
    paymatch_report_line,
    paymatch_report_matching,
    paymatch_report_movement,
    paymatch_profile,  # last: it extends what the others define
)
