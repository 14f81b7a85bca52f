from . import ir_attachment, system_fields_mixin, transfer_connection, transfer_log
