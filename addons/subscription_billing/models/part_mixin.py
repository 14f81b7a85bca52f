from odoo import models


class SubscriptionPartMixin(models.AbstractModel):
    """A record that goes with another: a line, a pause, a member. It never goes to one its user may not change.

    Rules of companies are asked before a record is written, so that alone a line could be put on the subscription of
    another company.
    """

    _name = "subscription.part.mixin"
    _description = "Part of a Subscription's Record"

    def write(self, vals):
        result = super().write(vals)
        if not self.env.su and any(getattr(self._fields.get(name), "ondelete", "") == "cascade" for name in vals):
            self.check_access("write")
        return result
