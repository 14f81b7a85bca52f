from odoo import api, fields, models
from odoo.exceptions import UserError


class PaymatchDecide(models.TransientModel):
    """What to do with a line that could not be matched."""

    _name = "paymatch.decide"
    _description = "Decide a Payment Report Line"

    line_ids = fields.Many2many("paymatch.report.line", required=True, readonly=True)
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    currency_id = fields.Many2one(related="line_ids.currency_id")
    amount = fields.Monetary(compute="_compute_company_id")
    document_currency_id = fields.Many2one("res.currency", compute="_compute_company_id")
    considered = fields.Text(string="What Was Considered", compute="_compute_considered")
    decision = fields.Selection(
        [
            ("invoice", "It pays invoices or credit notes"),
            ("account", "Book it on an account"),
            ("suspense", "Put it aside until it is explained"),
        ],
        required=True,
        default="invoice",
    )
    candidate_ids = fields.Many2many("account.move", string="Considered", readonly=True)
    move_ids = fields.Many2many(
        "account.move",
        relation="paymatch_decide_move_rel",
        string="Invoices",
        domain="[('move_type', 'in', ('out_invoice', 'out_receipt', 'out_refund')), ('state', '=', 'posted'),"
        " ('company_id', '=', company_id), ('currency_id', '=', document_currency_id),"
        " ('payment_state', 'in', ('not_paid', 'partial'))]",
        help="Several are paid in their order of date; the last one takes the rest.",
    )
    account_id = fields.Many2one("account.account", domain="[('company_ids', 'in', company_id)]")
    reason = fields.Char(help="Kept on the line and in the entry.")
    criterion = fields.Selection(
        lambda self: self.env["paymatch.rule"]._fields["criterion"]._description_selection(self.env),
        string="Do the Same Where",
        help="Makes a rule that can be seen and deleted under Matching rules.",
    )
    value = fields.Char(string="Is", compute="_compute_value")

    @api.depends("line_ids")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.line_ids.company_id[:1] or self.env.company
            wizard.amount = sum(wizard.line_ids.mapped("gross_amount"))
            wizard.document_currency_id = wizard.line_ids[:1]._paid()[1] if wizard.line_ids else False

    @api.depends("line_ids", "candidate_ids")
    def _compute_considered(self):
        for wizard in self:
            line = wizard.line_ids if len(wizard.line_ids) == 1 else wizard.line_ids.browse()
            wizard.considered = "\n".join(filter(None, [line.match_reason, line.match_considered]))

    @api.depends("criterion", "line_ids")
    def _compute_value(self):
        for wizard in self:
            wizard.value = wizard.line_ids[:1][wizard.criterion] if wizard.criterion else False

    def action_confirm(self):
        self.ensure_one()
        if self.decision == "suspense":
            self.line_ids._suspend(self.reason)
            return True
        if self.decision == "account":
            if not self.account_id:
                raise UserError(self.env._("Choose the account."))
            self.line_ids._route(self.account_id, self.reason)
        else:
            self._pay_invoices()
        if self.criterion:
            self._make_rule()
        return True

    def _pay_invoices(self):
        if not self.move_ids:
            raise UserError(self.env._("Choose the invoice."))
        for line in self.line_ids:
            for move in self.move_ids:
                if (line.gross_amount < 0) != (move.move_type == "out_refund") and len(self.move_ids) == 1:
                    raise UserError(
                        self.env._(
                            "Money in pays an invoice, money out pays a credit note: %s does not fit.", move.name
                        )
                    )
                if move.currency_id != line._paid()[1]:
                    raise UserError(self.env._("%s is in another currency.", move.name))
        reason = self.reason or self.env._("chosen by %s", self.env.user.name)
        if len(self.move_ids) == 1:
            self.line_ids._decide_move(self.move_ids, reason)
        elif len(self.line_ids) == 1:
            # what lowers the amount first: then the documents are paid in their order
            takes = "out_refund" if self.line_ids.gross_amount < 0 else "out_invoice"
            moves = self.move_ids.sorted(lambda move: (move.move_type == takes, move.invoice_date, move.id))
            self.line_ids._decide_moves(moves, reason)
        else:
            raise UserError(self.env._("Decide one line at a time where several invoices are paid."))

    def _make_rule(self):
        """The decision as a rule for lines of the same text, type or payer."""
        line = self.line_ids[:1]
        value = (line[self.criterion] or "").strip()
        if not value:
            raise UserError(self.env._("The line has no such text to make a rule of."))
        partner = self.move_ids.commercial_partner_id if self.decision == "invoice" else self.env["res.partner"]
        if self.decision == "invoice" and (self.criterion != "payer_name" or len(partner) != 1):
            raise UserError(
                self.env._(
                    "A rule can say that a payer is a customer: choose “The payer” and invoices of one customer."
                )
            )
        values = {
            "account_id": self.account_id.id if self.decision == "account" else False,
            "partner_id": partner.id,
            "reason": self.reason,
        }
        key = {"company_id": line.company_id.id, "provider_id": line.provider_id.id, "criterion": self.criterion}
        rules = self.env["paymatch.rule"]
        known = rules._of(line.provider_id)
        rule = rules._for_line(line, {name: found for name, found in known.items() if name[0] == self.criterion})
        if rule and rule.provider_id == line.provider_id:
            rule.write(values)
        else:
            rules.create({**key, "value": value, **values})
