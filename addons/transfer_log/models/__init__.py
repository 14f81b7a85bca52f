from . import (
    ir_attachment,
    system_fields_mixin,
    transfer_connection,
    transfer_connection_health,
    transfer_log,
    transfer_log_keeping,
    transfer_log_queue,
    transfer_notification,
    transfer_notification_line,
    transfer_notification_sending,
    transfer_rate,
)
