from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

#: Periods that are named; more are counted.
SHOWN = 5


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        # EXTENDS 'base'
        self._check_subscription_claims(partner_ids)
        return super()._merge(partner_ids, dst_partner, extra_checks)

    def _check_subscription_claims(self, partner_ids):
        """Two members of a group that were both invoiced for a period cannot be one customer: it would have paid twice,
        and the database refuses the second claim.

        :raises UserError: says which subscription and period, and what can be done
        """
        self.env["subscription.period"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT array_agg(id ORDER BY partner_id)
                  FROM subscription_period
                 WHERE partner_id IN %s AND state != 'released' AND is_credit IS NOT TRUE
                 GROUP BY line_id, is_one_off, CASE WHEN is_one_off THEN NULL ELSE date_start END
                HAVING count(DISTINCT partner_id) > 1
                 ORDER BY min(date_start), line_id
                """,
                tuple(partner_ids) or (0,),
            )
        )
        if not rows:
            return
        shown = [self._describe_claims(self.env["subscription.period"].sudo().browse(ids)) for (ids,) in rows[:SHOWN]]
        if len(rows) > SHOWN:
            shown.append(self.env._("and %s more", len(rows) - SHOWN))
        raise UserError(
            self.env._(
                "These customers cannot be merged: each of them was invoiced for the same period of a subscription.\n\n"
                "%(periods)s\n\n"
                "If one of the invoices was a mistake, credit it, choose that its period is billed again, and merge "
                "then: the merged customer is charged once. If both were right, keep both customers: end the "
                "membership of the one that is no longer used, and archive it.",
                periods="\n".join(shown),
            )
        )

    def _describe_claims(self, periods):
        period = periods[0]
        start, end = format_date(self.env, period.date_start), format_date(self.env, period.date_end)
        invoices = [
            self.env._(
                "%(customer)s on %(invoice)s",
                customer=row.partner_id.display_name,
                invoice=row.move_id.display_name or self.env._("an invoice that is being made"),
            )
            for row in periods
        ]
        return self.env._(
            "%(subscription)s, %(line)s, %(days)s: %(invoices)s",
            subscription=period.subscription_id.display_name,
            line=period.line_id.display_name,
            days=start if period.is_one_off else f"{start} - {end}",
            invoices=", ".join(invoices),
        )
