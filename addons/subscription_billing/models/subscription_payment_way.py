from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError


class SubscriptionPaymentWay(models.Model):
    """Ways of payment and their terms: to be paid by payment terms, or paid on an account. The one table for it.

    Rows of a company are chosen on subscriptions, customers and the company; a source of renewals may have rows of its
    own, which go before those of the company.
    """

    _name = "subscription.payment.way"
    _description = "Way of Payment of Subscriptions"
    _order = "source_id, sequence, id"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True, readonly=False, precompute=True, required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, readonly=False, precompute=True, required=True,
        index=True,
    )  # fmt: skip
    source_id = fields.Many2one("subscription.renewal.source", index=True, ondelete="cascade", check_company=True)
    sequence = fields.Integer(default=10)
    code = fields.Char(
        string="Called There",
        help="As a source of renewals writes it, for example card. Rows of the source itself go before those of the "
        "company.",
    )
    method = fields.Selection(
        [
            ("transfer", "Payment slip or bank transfer"),
            ("einvoice", "E-invoice"),
            ("mail", "Invoice by mail"),
            ("outside", "Taken by another system"),
        ],
        required=True,
        default="transfer",
        help="How the customer gets the invoice and pays it.",
    )
    kind = fields.Selection(
        [("terms", "To be paid by terms"), ("paid", "Paid on an account")],
        string="Meaning",
        required=True,
        default="terms",
    )
    payment_term_id = fields.Many2one(
        "account.payment.term", string="Terms", check_company=True, help="Empty: the customer's terms."
    )
    payment_method_line_id = fields.Many2one(
        "account.payment.method.line",
        string="Paid By",
        check_company=True,
        domain="[('payment_type', '=', 'inbound'), ('payment_account_id', '!=', False),"
        " ('journal_id.company_id', '=', company_id)]",
        help="A payment method of a bank or cash journal that has an outstanding account, for example the clearing "
        "account of the card acquirer. The payment stands there until the payout is matched.",
    )
    payment_account_id = fields.Many2one(related="payment_method_line_id.payment_account_id", string="On Account")

    _code_uniq = models.Constraint("UNIQUE (source_id, code)", "A source has each way of payment once.")
    _company_code_uniq = models.UniqueIndex(
        "(company_id, code) WHERE source_id IS NULL AND code IS NOT NULL",
        "The company has another way of payment that is called the same there.",
    )

    @api.depends("code")
    def _compute_name(self):
        for way in self:
            way.name = way.name or way.code

    @api.depends("source_id")
    def _compute_company_id(self):
        for way in self:
            way.company_id = way.source_id.company_id or way.company_id or self.env.company

    @api.constrains("kind", "payment_method_line_id")
    def _check_account(self):
        for way in self:
            if way.kind == "paid" and not way.payment_method_line_id.payment_account_id:
                raise ValidationError(
                    self.env._("%s needs a payment method with an outstanding account to be paid on.", way.name)
                )

    @api.constrains("source_id", "code")
    def _check_code(self):
        for way in self:
            if way.source_id and not (way.code or "").strip():
                raise ValidationError(self.env._("What does the source call the way of payment %s?", way.name))

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _prepare_invoice_values(self, term, day, has_terms):
        """What an invoice says of its payment.

        :param term: the terms agreed for this invoice alone (`account.payment.term`, may be empty); they go before
            those of the way, but what is paid already has none
        :param date day: the invoice's date
        :param bool has_terms: whether core would find terms on the customer
        """
        if self.kind == "paid":
            return {"invoice_payment_term_id": False, "invoice_date_due": day}
        term = term or self.payment_term_id
        if term:
            return {"invoice_payment_term_id": term.id}
        # core would take the day of the run, which may lie before the invoice's own date
        return {} if has_terms else {"invoice_date_due": day}

    def _prepare_payment_values(self, move, day, memo):
        """Core's payment of what is open on an invoice, on the account of this way."""
        self.ensure_one()
        method = self.payment_method_line_id
        return {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": move.commercial_partner_id.id,
            "company_id": move.company_id.id,
            "journal_id": method.journal_id.id,
            "payment_method_line_id": method.id,
            "amount": move.amount_residual,
            "currency_id": move.currency_id.id,
            "date": day,
            "memo": memo,
            "invoice_ids": [Command.set(move.ids)],
        }

    def _is_taken(self):
        """Whether the money is taken in another way, so that nothing else may draw it. Hook: extend with super()."""
        return self.method == "outside"

    @api.model
    def _get_of_company(self, company):
        """The rows any subscription of the company may have, in their order."""
        return self.search([("company_id", "=", company.id), ("source_id", "=", False)])

    @api.model
    def _pay(self, moves, values_list):
        """Make, post and match one payment for each invoice."""
        payments = self.env["account.payment"].create(values_list)
        payments.action_post()
        for move, payment in zip(moves, payments, strict=True):
            items = (payment.move_id | move).line_ids.filtered(
                lambda item: item.account_type == "asset_receivable" and not item.reconciled
            )
            items.reconcile()
        return payments


class SubscriptionRenewalSource(models.Model):
    _inherit = "subscription.renewal.source"

    def _find_way(self, code):
        """The row a word of this source means: its own, else one of the company; or nothing."""
        self.ensure_one()
        wanted = (code or "").casefold()
        own = self.way_ids.filtered(lambda way: way.code.casefold() == wanted)[:1]
        # the rows of the company are few, and read only for what the source itself does not name
        return (
            own
            or self.env["subscription.payment.way"]
            ._get_of_company(self.company_id)
            .filtered(lambda way: (way.code or "").casefold() == wanted)[:1]
        )
