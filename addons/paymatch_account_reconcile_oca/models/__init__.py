from . import account_bank_statement_line, paymatch_report_movement
