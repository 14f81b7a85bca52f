from . import transfer_log_decision
