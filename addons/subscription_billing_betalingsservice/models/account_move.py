from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_reminder_obstacle(self):
        # EXTENDS 'subscription_billing': whoever is drawn has nothing to do, until the drawing has failed
        obstacle = super()._get_reminder_obstacle()
        lines_sudo = self._betalingsservice_drawn_lines().sudo()
        if obstacle or not lines_sudo:
            return obstacle
        day = lines_sudo.collection_id[-1:].payment_date
        return self.env._("Betalingsservice draws it on %s.", day.strftime("%d.%m.%Y"))
