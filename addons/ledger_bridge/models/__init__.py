from . import (
    account_move,
    account_move_line,
    ledger_account_mapping,
    ledger_difference,
    ledger_link,
    res_partner,
    transfer_connection,
    transfer_connection_compare,
    transfer_connection_log,
)
