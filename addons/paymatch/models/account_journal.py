from odoo import api, fields, models
from odoo.exceptions import UserError

#: Core's word for a bank account nobody has chosen a feed for.
NO_FEED = "undefined"


class AccountJournal(models.Model):
    _inherit = "account.journal"

    paymatch_takes_statements = fields.Boolean(
        string="Bank Statement Files",
        compute="_compute_paymatch_takes_statements",
        store=True,
        readonly=False,
        precompute=True,
        help="Bank statements are imported with Payments Received > Import files. Off by itself where the journal has "
        "another bank feed, so that no bank line is taken twice. Payouts are closed by the bank lines of any feed.",
    )

    @api.depends("bank_statements_source")
    def _compute_paymatch_takes_statements(self):
        for journal in self:
            journal.paymatch_takes_statements = journal.bank_statements_source in (NO_FEED, False)

    def _paymatch_check_takes_statements(self):
        """Refuse a bank statement where another importer brings the bank lines."""
        self.ensure_one()
        if self.paymatch_takes_statements:
            return
        sources = dict(self._fields["bank_statements_source"]._description_selection(self.env))
        raise UserError(
            self.env._(
                "The bank lines of %(journal)s come from another bank feed (%(feed)s); a statement imported here as "
                "well would bring them twice. Payouts are closed by those lines. To import statement files here, set "
                "“%(setting)s” on the journal.",
                journal=self.display_name,
                feed=sources.get(self.bank_statements_source) or "-",
                setting=self._fields["paymatch_takes_statements"]._description_string(self.env),
            )
        )
