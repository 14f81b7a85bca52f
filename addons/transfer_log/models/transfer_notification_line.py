from datetime import timedelta

from odoo import api, fields, models

KEPT_DAYS = 90


class TransferNotificationLine(models.Model):
    """One event that somebody is, or was, told of."""

    _name = "transfer.notification.line"
    _description = "Event of a Notification"
    _order = "id desc"

    notification_id = fields.Many2one("transfer.notification", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="notification_id.company_id", store=True)
    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="cascade")
    log_id = fields.Many2one("transfer.log", string="Transfer", index="btree_not_null", ondelete="cascade")
    event = fields.Selection(
        selection=[
            ("done", "Done"),
            ("failed", "Failed"),
            ("uncertain", "Outcome unknown"),
            ("stopped", "Stopped"),
        ],
        required=True,
    )
    sent_date = fields.Datetime(string="Told On")

    _pending_idx = models.Index("(notification_id, id) WHERE sent_date IS NULL")

    @api.autovacuum
    def _gc_told(self):
        """Forget what was told long ago; the log itself stays."""
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.search([("sent_date", "<", limit)], limit=10_000)
        old.unlink()
        return len(old), int(len(old) == 10_000)
