from odoo import api, models


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.depends("subscription_way_id")
    def _compute_betalingsservice_agreement_id(self):
        # EXTENDS 'betalingsservice': who signs up while the draft waits is not drawn for what is paid otherwise
        result = super()._compute_betalingsservice_agreement_id()
        for move in self:
            if move.state == "draft" and move.subscription_way_id and not move.subscription_way_id._is_drawn():
                move.betalingsservice_agreement_id = False
        return result

    @api.depends("subscription_way_id")
    def _compute_betalingsservice_slip(self):
        # EXTENDS 'betalingsservice'
        result = super()._compute_betalingsservice_slip()
        for move in self:
            if move.state == "draft" and not move.subscription_way_id._has_slip():
                move.betalingsservice_slip = False
        return result

    def _get_reminder_obstacle(self):
        # EXTENDS 'subscription_billing': whoever is drawn has nothing to do, until the drawing has failed
        obstacle = super()._get_reminder_obstacle()
        lines_sudo = self._betalingsservice_drawn_lines().sudo()
        if obstacle or not lines_sudo:
            return obstacle
        day = lines_sudo.collection_id[-1:].payment_date
        return self.env._("Betalingsservice draws it on %s.", day.strftime("%d.%m.%Y"))
