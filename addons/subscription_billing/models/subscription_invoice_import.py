from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, format_date

from ..batch import BATCH, OWN
from ..billing import BATCH_SIZE, Billing
from ..formats import FileFault, invoice_list
from .list_finder import Finder, ProductLine
from .subscription_list_queue import RowFault
from .subscription_subscription import FIRST_YEAR, LAST_YEAR

#: What a file is to become; fixed once invoices were made of it.
SETTINGS = frozenset(("file", "name", "company_id", "invoice_date", "posting"))


class SubscriptionInvoiceImport(models.Model):
    """Invoices from a list: checked first, made in batches, each once; what is wrong comes back as a file."""

    _name = "subscription.invoice.import"
    _description = "Invoices from a File"
    _inherit = ["subscription.list.queue.mixin"]
    _order = "id desc"

    _list_batch = BATCH_SIZE
    _list_cron = "subscription_billing.ir_cron_invoice_import"

    state = fields.Selection(
        [("draft", "New"), ("checked", "Checked"), ("queued", "At work"), ("done", "Done")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    invoice_date = fields.Date(
        required=True,
        default=lambda self: self.env.company._subscription_today(),
        help="Of invoices without a date in the file.",
    )
    posting = fields.Selection(
        [("draft", "Make drafts"), ("post", "Make and post")], string="Invoices Are", default="draft", required=True
    )
    line_ids = fields.One2many("subscription.invoice.import.line", "import_id", string="Invoices")
    company_currency_id = fields.Many2one(related="company_id.currency_id")
    ready_count = fields.Integer(string="Ready", compute="_compute_counts")
    made_count = fields.Integer(string="Made", compute="_compute_counts")
    known_count = fields.Integer(string="Made Before", compute="_compute_counts")
    stopped_count = fields.Integer(string="Stopped", compute="_compute_counts")
    draft_count = fields.Integer(compute="_compute_counts")
    progress = fields.Float(string="Progress (%)", compute="_compute_counts")
    amount_total = fields.Monetary(
        string="Total", compute="_compute_counts", currency_field="company_currency_id",
        help="Of the invoices in the company's own currency.",
    )  # fmt: skip

    @api.depends("line_ids.state", "line_ids.move_id.state")
    def _compute_counts(self):
        groups = self.env["subscription.invoice.import.line"]._read_group(
            [("import_id", "in", self.ids)],
            ["import_id", "state", "currency_id"],
            ["__count", "amount_total:sum"],
        )
        drafts = dict(
            self.env["subscription.invoice.import.line"]._read_group(
                [("import_id", "in", self.ids), ("move_id.state", "=", "draft")], ["import_id"], ["__count"]
            )
        )
        for record in self:
            counts, total = defaultdict(int), 0.0
            for found, state, currency, count, amount in groups:
                if found == record:
                    counts[state] += count
                    if state in ("ready", "made") and currency == record.company_id.currency_id:
                        total += amount
            record.ready_count, record.made_count = counts["ready"], counts["made"]
            record.known_count, record.stopped_count = counts["known"], counts["fault"]
            record.draft_count = drafts.get(record, 0)
            record.amount_total = total
            work = counts["ready"] + counts["made"]
            record.progress = 100.0 * counts["made"] / work if work else 0.0

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {"state"}

    def write(self, vals):
        if SETTINGS & set(vals) and not self.env.su and self.filtered(lambda r: r.state in ("queued", "done")):
            raise UserError(self.env._("Invoices were made of this file; import another file as a new list."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if self.filtered(lambda record: record.state in ("queued", "done")):
            raise UserError(self.env._("A file that invoices were made of stays as history."))

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_check(self):
        """What the file would become and what is wrong with it. Nothing is booked."""
        self.check_access("write")
        for record in self:
            if record.state not in ("draft", "checked"):
                raise UserError(self.env._("Invoices were made of this file already."))
            record._make_lines()

    def action_run(self):
        """Make what is ready: a few at once, many in the background."""
        self.check_access("write")
        for record in self:
            if record.state == "draft":
                record._make_lines()
            if record.state != "checked":
                raise UserError(self.env._("Invoices were made of this file already."))
            if not record.ready_count:
                raise UserError(self.env._("The file has no invoice that could be made."))
            record._queue()

    def action_undo_drafts(self):
        """Delete the drafts of this file; they can be made again. Posted invoices stay."""
        self.check_access("write")
        for record in self:
            drafts = record.line_ids.move_id.filtered(lambda move: move.state == "draft")
            if not drafts:
                raise UserError(self.env._("There are no drafts. Posted invoices are corrected with credit notes."))
            count = len(drafts)
            drafts.with_context(force_delete=True).unlink()
            record.message_post(body=self.env._("%s drafts deleted.", count))

    def action_open_invoices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        action.update(
            domain=[("id", "in", self.line_ids.move_id.ids)],
            context={"create": False, "default_move_type": "out_invoice"},
        )
        return action

    # ------------------------------------------------------------------
    # Check
    # ------------------------------------------------------------------

    def _billing(self):
        env = self.with_company(self.company_id).env
        return Billing(env, self.company_id, self.invoice_date, self.invoice_date)

    def _read_documents(self):
        try:
            return invoice_list.parse(self._get_data())
        except FileFault as fault:
            raise UserError(self._get_fault_text(fault)) from fault

    def _make_lines(self):
        self.ensure_one()
        documents, header = self._read_documents()
        self.line_ids.sudo().unlink()
        billing, known = self._billing(), self._get_known_numbers(documents)
        finder = Finder(billing, documents)
        values_list, faults = [], []
        for document in documents:
            values = {
                "import_id": self.id,
                "position": document.line,
                "number": document.number or False,
                "customer": document.customer,
                "line_count": len(document.rows),
                "state": "ready",
            }
            if document.number in known:
                values.update(state="known", move_id=known[document.number])
            else:
                try:
                    values.update(self._prepare_preview(document, finder, billing))
                except RowFault as fault:
                    values.update(state="fault", message=str(fault))
                    faults += [(row.line, row.cells, str(fault)) for row in document.rows]
            values_list.append(values)
        self.env["subscription.invoice.import.line"].sudo().create(values_list)
        self.sudo().write({"state": "checked", **self._prepare_fault_values(self._get_data(), header, faults)})

    def _get_known_numbers(self, documents):
        numbers = [document.number for document in documents if document.number]
        lines = self.env["subscription.invoice.import.line"].search(
            [("company_id", "=", self.company_id.id), ("state", "=", "made"), ("number", "in", numbers)]
        )
        return {line.number: line.move_id.id for line in lines}

    def _prepare_preview(self, document, finder, billing):
        values = self._prepare_invoice_values(document, finder, billing)
        if not any(line.quantity for line in document.lines):
            raise RowFault(self.env._("There is nothing to invoice: the quantity is 0."))
        computed = billing.taxes_of.compute(values)
        if computed.total < 0:
            raise RowFault(self.env._("The invoice would be negative."))
        return {
            "partner_id": values["partner_id"],
            "currency_id": values["currency_id"],
            "amount_untaxed": computed.untaxed,
            "amount_total": computed.total,
        }

    def _prepare_invoice_values(self, document, finder, billing):
        """Values of one invoice, the same for the check and for the invoice.

        :raises RowFault: it cannot be made
        """
        if document.fault:
            raise RowFault(self._get_fault_text(document.fault))
        customer = finder.customer(document.customer)
        partner = billing.invoice_partner(customer)
        currency = finder.currency(document.currency)
        day = document.date or self.invoice_date
        for date in filter(None, (document.date, document.due)):
            if not FIRST_YEAR <= date.year <= LAST_YEAR:
                raise RowFault(self.env._("The date %s is a slip of the finger.", format_date(self.env, date)))
        fiscal_position = billing.fiscal_position(partner)
        journal = billing.journal(self.env["subscription.subscription"])
        if not journal:
            raise RowFault(self.env._("There is no sales journal."))
        lines = [
            self._prepare_line_values(
                line, sequence, customer, currency, day, finder, billing, fiscal_position, journal
            )
            for sequence, line in enumerate(document.lines, start=1)
        ]
        if billing.lock_dates(day, any(line["tax_ids"][0][2] for line in lines), journal):
            raise RowFault(self.env._("The invoice date %s lies in a locked period.", format_date(self.env, day)))
        if reason := currency._get_subscription_rate_fault(self.company_id, day):
            raise RowFault(reason)
        values = {
            "move_type": "out_invoice",
            "company_id": self.company_id.id,
            "journal_id": journal.id,
            "partner_id": partner.id,
            "currency_id": currency.id,
            "fiscal_position_id": fiscal_position.id,
            "invoice_date": day,
            "invoice_origin": document.number or self.name,
            "ref": document.reference or False,
            "invoice_line_ids": [Command.create(line) for line in lines],
        }
        if document.due:
            if document.due < day:
                raise RowFault(self.env._("The invoice would be due before its own date."))
            values.update(invoice_payment_term_id=False, invoice_date_due=document.due)
        elif not partner.with_company(self.company_id).property_payment_term_id:
            values["invoice_date_due"] = day
        return values

    def _prepare_line_values(self, line, sequence, customer, currency, day, finder, billing, fiscal_position, journal):
        product = finder.product(line.product)
        source = ProductLine(f"file {line.tax}", product, finder.taxes(line.tax))
        account = billing.account(source, fiscal_position, journal)
        if not account:
            raise RowFault(self.env._("No income account for %s.", product.display_name or line.text))
        taxes = billing.taxes(source, fiscal_position, account)
        price = line.price
        if price is None:
            pricelist = customer.property_product_pricelist
            price = pricelist._get_product_price(product, float(line.quantity), currency=currency, date=day)
        lang = customer.lang or self.env.lang
        described = product.with_context(lang=lang)
        name = line.text or "\n".join(part for part in (described.display_name, described.description_sale) if part)
        return {
            "display_type": "product",
            "sequence": sequence,
            "product_id": product.id,
            "name": name,
            "quantity": float(line.quantity),
            "product_uom_id": product.uom_id.id,
            "price_unit": float(price),
            "discount": float(line.discount),
            "tax_ids": [Command.set(taxes.ids)],
            "account_id": account.id,
        }

    # ------------------------------------------------------------------
    # Work
    # ------------------------------------------------------------------

    def _prepare_work(self):
        by_position = {document.line: document for document in self._read_documents()[0]}
        return lambda lines: self._make_invoices(lines, by_position)

    def _get_twice_text(self):
        return self.env._("An invoice with this number was made from another file meanwhile.")

    def _make_invoices(self, lines, by_position):
        billing = self._billing()
        documents = [by_position[line.position] for line in lines]
        finder = Finder(billing, documents)
        values_list = [self._prepare_invoice_values(document, finder, billing) for document in documents]
        env = billing.env(context={**billing.env.context, "mail_create_nolog": True, "mail_create_nosubscribe": True})
        partners = env["res.partner"].browse([values["partner_id"] for values in values_list])
        commercial = {partner.id: partner.commercial_partner_id.id for partner in partners}
        moves = env["account.move"].create(
            [billing.taxes_of.complete(values, commercial[values["partner_id"]]) for values in values_list]
        )
        for line, move in zip(lines, moves, strict=True):
            if float_compare(move.amount_total, line.amount_total, precision_rounding=move.currency_id.rounding):
                raise RowFault(self.env._("The invoice differs from what was checked. Check the file again."))
            line.sudo().write({"state": "made", "move_id": move.id, "message": False})
        lines.flush_recordset()
        if self.posting == "post":
            moves.with_context(**{BATCH: OWN})._post(soft=False)

    def _tell_finished(self, stopped):
        self.message_post(
            body=self.env._("%(made)s invoices made, %(stopped)s stopped.", made=self.made_count, stopped=stopped)
        )
