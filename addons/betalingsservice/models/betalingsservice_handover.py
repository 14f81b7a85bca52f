from odoo import fields, models


class BetalingsserviceHandover(models.Model):
    """Written, and committed, at the moment before a file gets the name under which the operator takes it.

    The operator's server may take a file away as soon as it lies there. So when the program dies, “the file is not
    there” means nothing by itself: without such a row it was never handed over, with one a person has to look.
    """

    _name = "betalingsservice.handover"
    _description = "Betalingsservice Handover"
    _log_access = False

    log_id = fields.Integer(required=True, readonly=True)
    moment = fields.Datetime(readonly=True)

    _log_uniq = models.Constraint("UNIQUE (log_id)", "Noted already.")

    def _note(self, log):
        """In a transaction of its own: what follows may die."""
        with self.env.registry.cursor() as cr:
            cr.execute(
                "INSERT INTO betalingsservice_handover (log_id, moment) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (log.id, fields.Datetime.now()),
            )

    def _is_noted(self, log):
        return bool(self.sudo().search_count([("log_id", "=", log.id)], limit=1))

    def _forget(self, log):
        self.sudo().search([("log_id", "=", log.id)]).unlink()
