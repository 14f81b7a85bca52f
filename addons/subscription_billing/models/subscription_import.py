from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, format_amount, format_date

from .. import takeover
from ..billing import Billing
from ..formats import FileFault, subscription_list
from .list_finder import Finder
from .subscription_list_queue import RowFault
from .subscription_subscription import FIRST_YEAR, LAST_YEAR

SETTINGS = frozenset(("file", "name", "company_id", "origin", "starting"))


class SubscriptionImport(models.Model):
    """Subscriptions from a list, or from another module of this database: looked at first, each made once."""

    _name = "subscription.import"
    _description = "Subscriptions Taken Over"
    _inherit = ["subscription.list.queue.mixin"]
    _order = "id desc"

    _list_batch = 200
    _list_cron = "subscription_billing.ir_cron_subscription_import"

    state = fields.Selection(
        [("draft", "New"), ("checked", "Checked"), ("queued", "At work"), ("done", "Done"), ("undone", "Undone")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    origin = fields.Selection(
        [("file", "A file"), ("contract", "OCA Contract"), ("subscription_oca", "OCA Subscription")],
        string="Taken From",
        default="file",
        required=True,
    )
    file = fields.Binary(required=False)
    starting = fields.Selection(
        [("start", "Start them"), ("draft", "Leave them as drafts")], string="Then", default="start", required=True
    )
    stop_old = fields.Boolean(
        string="Archive the Old Ones",
        default=True,
        help="Each old contract is archived with the making of the new one, so that never both are invoiced.",
    )
    line_ids = fields.One2many("subscription.import.line", "import_id", string="Subscriptions")
    company_currency_id = fields.Many2one(related="company_id.currency_id")
    ready_count = fields.Integer(string="Ready", compute="_compute_counts")
    made_count = fields.Integer(string="Made", compute="_compute_counts")
    known_count = fields.Integer(string="Made Before", compute="_compute_counts")
    stopped_count = fields.Integer(string="Stopped", compute="_compute_counts")
    note_count = fields.Integer(string="With Notes", compute="_compute_counts")
    monthly_amount = fields.Monetary(
        string="Monthly Value", compute="_compute_counts", currency_field="company_currency_id",
        help="Untaxed; of what is ready or made, in the company's own currency. Compare it with the old system.",
    )  # fmt: skip
    next_date = fields.Date(string="First Invoice", compute="_compute_counts")

    @api.depends("line_ids.state")
    def _compute_counts(self):
        groups = self.env["subscription.import.line"]._read_group(
            [("import_id", "in", self.ids)],
            ["import_id", "state", "currency_id", "has_note"],
            ["__count", "monthly_amount:sum", "next_date:min"],
        )
        for record in self:
            counts, notes, amount, days = defaultdict(int), 0, 0.0, []
            for found, state, currency, has_note, count, value, day in groups:
                if found != record:
                    continue
                counts[state] += count
                notes += count if has_note else 0
                if state in ("ready", "made"):
                    days += [day] if day else []
                    amount += value if currency == record.company_id.currency_id else 0.0
            record.ready_count, record.made_count = counts["ready"], counts["made"]
            record.known_count, record.stopped_count = counts["known"], counts["fault"]
            record.note_count, record.monthly_amount = notes, amount
            record.next_date = min(days, default=False)

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {"state"}

    def write(self, vals):
        if SETTINGS & set(vals) and not self.env.su and self.filtered(lambda r: r.state in ("queued", "done")):
            raise UserError(self.env._("Subscriptions were made of this list; take over another list as a new one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if self.filtered(lambda record: record.state not in ("draft", "checked")):
            raise UserError(self.env._("A list that subscriptions were made of stays as history."))

    @api.depends("name", "origin", "create_date")
    def _compute_display_name(self):
        origins = dict(self._fields["origin"]._description_selection(self.env))
        for record in self:
            record.display_name = record.name or origins.get(record.origin)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_check(self):
        """What would be made and what would not, with totals. Nothing is made."""
        self.check_access("write")
        for record in self:
            if record.state not in ("draft", "checked"):
                raise UserError(self.env._("Subscriptions were made of this list already."))
            record._make_lines()

    def action_run(self):
        """Make what is ready: some at once, many in the background."""
        self.check_access("write")
        for record in self:
            if record.state != "checked":
                raise UserError(self.env._("Check the list first."))
            if not record.ready_count:
                raise UserError(self.env._("The list has no subscription that could be made."))
            record._queue()

    def action_undo(self):
        """Take away what was made, as long as nothing of it is invoiced; the others stay and say so."""
        self.check_access("write")
        for record in self:
            if record.state != "done":
                raise UserError(self.env._("Only what was made can be undone."))
            made = record.line_ids.filtered(lambda line: line.state == "made")
            billed = made.filtered(lambda line: line.subscription_id.sudo().period_ids)
            free = made - billed
            subscriptions = free.subscription_id
            free.sudo().write({"state": "undone"})
            subscriptions.sudo().write({"state": "draft"})
            subscriptions.unlink()
            record._set_old_active(free, True)
            if not billed:
                record.sudo().state = "undone"
            text = self.env._(
                "%(gone)s undone, %(left)s stay because they are invoiced.", gone=len(free), left=len(billed)
            )
            record.message_post(body=text)

    def action_open_subscriptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_subscription_action")
        action.update(domain=[("id", "in", self.line_ids.subscription_id.ids)], context={"create": False})
        return action

    # ------------------------------------------------------------------
    # Check
    # ------------------------------------------------------------------

    def _read_documents(self):
        if self.origin != "file":
            if not takeover.is_there(self.env, self.origin):
                origin = dict(self._fields["origin"]._description_selection(self.env))[self.origin]
                raise UserError(self.env._("%s is not in this database.", origin))
            self.env.flush_all()
            return [self._price(document) for document in takeover.read(self.env, self.origin, self.company_id)], ()
        try:
            return subscription_list.parse(self._get_data())
        except FileFault as fault:
            raise UserError(self._get_fault_text(fault)) from fault

    def _price(self, document):
        """The document with the price list's prices of today on lines that follow it."""
        if document.fault or all(line.is_price_fixed for line in document.lines):
            return document
        pricelist = self.env["product.pricelist"].browse(document.settings.get("pricelist_id"))
        currency = self.env["res.currency"].search([("name", "=", document.currency)])
        lines = []
        for line in document.lines:
            if not line.is_price_fixed:
                product = self.env["product.product"].with_company(self.company_id).browse(line.product)
                day = self.company_id._subscription_today()
                price = pricelist._get_product_price(product, float(line.quantity), currency=currency, date=day)
                line = replace(line, price=Decimal(str(price)))
            lines.append(line)
        return replace(document, lines=tuple(lines))

    def _get_fault_text(self, fault):
        known = {
            "bad_unit": self.env._("This is no interval: %s", fault.values.get("text")),
            "bad_kind": self.env._("Neither every period, nor once, nor by usage: %s", fault.values.get("text")),
            "only_usage": self.env._("Only a line that is charged by usage has an included quantity or price tiers."),
            "bad_tiers": self.env._(
                "These are no price tiers: %s. Write them as 100=15 | 500=12, from the smallest on.",
                fault.values.get("text"),
            ),
            "bad_timing": self.env._("Neither in advance nor in arrears: %s", fault.values.get("text")),
            "end_before_start": self.env._("It would end before it starts."),
            "purchase": self.env._("This is a contract with a supplier."),
            "formula": self.env._("A quantity is computed by a formula. Make this one by hand, with usage lines."),
            "unit": self.env._("A line has another unit than its product. Make this one by hand."),
        }
        if fault.code == "differs" and fault.values.get("name") not in ("customer", "reference", "currency"):
            columns = {
                "title": self.env._("title"), "every": self.env._("every"), "unit": self.env._("interval"),
                "start": self.env._("start"), "end": self.env._("end"), "billed_until": self.env._("billed until"),
                "timing": self.env._("in advance or in arrears"), "way": self.env._("way of payment"),
                "buyer": self.env._("buyer reference"),
            }  # fmt: skip
            return self.env._("The rows of this subscription differ in: %s", columns[fault.values["name"]])
        return known[fault.code] if fault.code in known else super()._get_fault_text(fault)

    def _get_note_texts(self, document):
        """What is not carried over or comes out otherwise, in words."""
        texts = {
            "section": self.env._("sections and notes between the lines"),
            "fiscal_position": self.env._("the fiscal position (the customer's own applies)"),
            "invoice_address": self.env._("the invoice address (the customer's own applies)"),
            "note": self.env._("the notes"),
            "generation": self.env._("making sales orders"),
        }
        left = [texts[note[0]] for note in document.notes]
        if left:
            yield self.env._("Not carried over: %s.", ", ".join(left))
        if document.anchored_start != document.start:
            yield self.env._("Periods are counted from %s.", format_date(self.env, document.anchored_start))
        if document.next_date and document.next_date != document.first_due:
            yield self.env._(
                "Next invoice there %(there)s, here %(here)s.",
                there=format_date(self.env, document.next_date),
                here=format_date(self.env, document.first_due) if document.first_due else "-",
            )

    def _make_lines(self):
        self.ensure_one()
        documents, header = self._read_documents()
        self.line_ids.sudo().unlink()
        finder, known = self._finder(documents), self._get_known(documents)
        values_list, faults = [], []
        for document in documents:
            values = {
                "import_id": self.id, "position": document.line, "number": document.number,
                "title": document.title, "line_count": len(document.lines), "state": "ready",
                "currency_id": self.company_id.currency_id.id,
                "customer": document.customer if isinstance(document.customer, str) else False,
            }  # fmt: skip
            if document.number in known:
                values.update(state="known", subscription_id=known[document.number])
            else:
                try:
                    values.update(self._prepare_preview(document, finder))
                except RowFault as fault:
                    values.update(state="fault", message=str(fault))
                    faults += [(row.line, row.cells, str(fault)) for row in document.rows]
            values_list.append(values)
        self.env["subscription.import.line"].sudo().create(values_list)
        data = self._get_data()
        self.sudo().write({"state": "checked", **self._prepare_fault_values(data, header, faults)})

    def _finder(self, documents):
        env = self.with_company(self.company_id).env
        day = self.company_id._subscription_today()
        named = [document for document in documents if isinstance(document.customer, str)]
        return Finder(Billing(env, self.company_id, day, day), named)

    def _get_known(self, documents):
        lines = self.env["subscription.import.line"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "made"),
                ("number", "in", [document.number for document in documents]),
            ]
        )
        return {line.number: line.subscription_id.id for line in lines}

    def _prepare_preview(self, document, finder):
        """The figures to compare; what is made must come to the same.

        :raises RowFault: it cannot be made
        """
        values = self._prepare_subscription_values(document, finder)
        currency = self.env["res.currency"].browse(values["currency_id"])
        notes = "\n".join(self._get_note_texts(document))
        return {
            "partner_id": values["partner_id"],
            "currency_id": currency.id,
            "monthly_amount": float(document.monthly_value),
            "next_date": document.first_due,
            "old_next_date": document.next_date,
            "message": notes or False,
            "has_note": bool(notes),
        }

    def _prepare_subscription_values(self, document, finder):
        if document.fault:
            raise RowFault(self._get_fault_text(document.fault))
        self._check_years(document)
        customer = document.customer
        if isinstance(customer, str):
            partner = finder.customer(customer)
        else:
            partner = self.env["res.partner"].browse(customer)
        if not document.first_due and not any(line.is_one_off for line in document.lines):
            raise RowFault(self.env._("It has ended and everything is invoiced."))
        settings = {name: value for name, value in document.settings.items() if name not in ("record", "pause")}
        pause = document.settings.get("pause")
        return {
            **settings,
            "company_id": self.company_id.id,
            "partner_id": partner.id,
            "currency_id": finder.currency(document.currency).id,
            "title": document.title,
            "customer_reference": document.reference,
            "way_id": self._find_way(document.way, finder).id,
            "reference_ids": [Command.create({"buyer_reference": document.buyer, "is_required": False})]
            if document.buyer
            else [],
            "interval_count": document.every,
            "interval_unit": document.unit,
            "anchor": document.anchor,
            "timing": document.timing,
            "lead_days": document.lead_days,
            "date_start": document.anchored_start,
            "date_end": document.end,
            "bill_from": document.bill_from,
            "pause_ids": [Command.create({"date_from": pause[0], "date_to": pause[1] and pause[1] - timedelta(days=1)})]
            if pause
            else [],
            **self._prepare_line_commands(document, finder),
        }

    def _check_years(self, document):
        """
        :raises RowFault: a date is a slip of the finger, or another system's way of saying "never"
        """
        for day in document.days:
            if not FIRST_YEAR <= day.year <= LAST_YEAR:
                raise RowFault(
                    self.env._(
                        "%(day)s is in none of the years %(first)s to %(last)s.",
                        day=day.strftime("%d-%m-") + f"{day.year:04}",
                        first=FIRST_YEAR,
                        last=LAST_YEAR,
                    )
                )

    def _find_way(self, text, finder):
        """The company's way of payment a list names by its name or code; nothing where it names none.

        :raises RowFault: there is none of that name, or there are several
        """
        wanted = text.strip().casefold()
        ways = finder.ways(self.company_id) if wanted else self.env["subscription.payment.way"]
        found = ways.filtered(lambda way: wanted in (way.name.casefold(), (way.code or "").casefold()))
        if wanted and len(found) != 1:
            raise RowFault(
                self.env._("Several ways of payment are called %s.", text)
                if found
                else self.env._("There is no way of payment %s. See Configuration, Ways of Payment and Terms.", text)
            )
        return found

    def _prepare_line_commands(self, document, finder):
        """The lines, each in the list of its kind."""
        commands = {"line_ids": [], "one_off_line_ids": [], "usage_line_ids": []}
        for line in document.lines:
            name = "one_off_line_ids" if line.is_one_off else "usage_line_ids" if line.is_usage else "line_ids"
            commands[name].append(Command.create(self._prepare_line_values(line, finder)))
        return commands

    def _prepare_line_values(self, line, finder):
        product = line.product
        if isinstance(product, str) or not product:
            product = finder.product(product or "").id
        return {
            "product_id": product,
            "name": line.text or False,
            "quantity": float(line.quantity),
            "price_unit": float(line.price),
            "is_price_fixed": line.is_price_fixed,
            "discount": float(line.discount),
            "date_start": line.start,
            "date_end": line.end,
            "is_one_off": line.is_one_off,
            "is_usage": line.is_usage,
            "usage_included": float(line.included),
            "tier_ids": [Command.create({"above": float(a), "price_unit": float(p)}) for a, p in line.tiers],
            "tax_ids": [Command.set(line.tax_ids)],
        }

    # ------------------------------------------------------------------
    # Work
    # ------------------------------------------------------------------

    def _prepare_work(self):
        by_number = {document.number: document for document in self._read_documents()[0]}
        finder = self._finder(by_number.values())
        return lambda lines: self._make(lines, by_number, finder)

    def _get_twice_text(self):
        return self.env._("A subscription with this number was made from another list meanwhile.")

    def _make(self, lines, by_number, finder):
        documents = [by_number.get(line.number) for line in lines]
        for line, document in zip(lines, documents, strict=True):
            if not document or document.first_due != line.next_date:
                raise RowFault(self.env._("%s was invoiced or changed there since it was checked.", line.number))
        subscriptions = self.env["subscription.subscription"].create(
            [self._prepare_subscription_values(document, finder) for document in documents]
        )
        if self.starting == "start":
            subscriptions._start()
            subscriptions._update_state()
        for line, subscription in zip(lines, subscriptions, strict=True):
            self._compare(line, subscription)
            line.sudo().write({"state": "made", "subscription_id": subscription.id})
        lines.flush_recordset()
        self._set_old_active(lines, False)

    def _compare(self, line, subscription):
        """What was made comes to what was checked, or nothing is made."""
        rounding = subscription.currency_id.rounding
        nobody, day = self.env["subscription.group.member"], subscription._get_value_day()
        standing = subscription.line_ids.filtered(lambda each: each._is_in_force(day))
        value = sum(each._get_monthly_price(nobody) for each in standing)
        if float_compare(value, line.monthly_amount, precision_rounding=rounding):
            raise RowFault(
                self.env._(
                    "The monthly value would be %(ours)s instead of %(theirs)s.",
                    ours=format_amount(self.env, value, subscription.currency_id),
                    theirs=format_amount(self.env, line.monthly_amount, subscription.currency_id),
                )
            )
        day = subscription.next_invoice_date
        if line.next_date != day and not subscription.pause_ids:
            raise RowFault(
                self.env._(
                    "The next invoice would come on %(ours)s instead of %(theirs)s.",
                    ours=format_date(self.env, day) if day else "-",
                    theirs=format_date(self.env, line.next_date),
                )
            )

    def _set_old_active(self, lines, active):
        """Archive the old contracts with the making of the new ones, or bring them back."""
        if self.origin == "file" or not self.stop_old:
            return
        model = {"contract": "contract.contract", "subscription_oca": "sale.subscription"}[self.origin]
        if model in self.env:
            ids = {int(line.number.split("/")[1]) for line in lines}
            self.env[model].sudo().browse(ids).write({"active": active})

    def _tell_finished(self, stopped):
        self.message_post(
            body=self.env._("%(made)s subscriptions made, %(stopped)s stopped.", made=self.made_count, stopped=stopped)
        )


class SubscriptionImportLine(models.Model):
    """One subscription of a list: the preview, then the queue, in the end the history."""

    _name = "subscription.import.line"
    _description = "Subscription Taken Over"
    _inherit = ["subscription.list.queue.line.mixin"]
    _order = "import_id desc, position, id"

    import_id = fields.Many2one("subscription.import", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="import_id.company_id", store=True, precompute=True, index=True)
    number = fields.Char(string="Number There")
    title = fields.Char(string="Description")
    has_note = fields.Boolean(string="Has a Note")
    monthly_amount = fields.Monetary(string="Monthly Value")
    next_date = fields.Date(string="Next Invoice")
    old_next_date = fields.Date(string="Next Invoice There")
    subscription_id = fields.Many2one("subscription.subscription", index="btree_not_null", ondelete="set null")

    # the number there is the claim: a subscription is made once, however often the list comes
    _number_uniq = models.UniqueIndex(
        "(company_id, number) WHERE state = 'made'", "A subscription with this number was already taken over."
    )

    @api.depends("number", "title")
    def _compute_display_name(self):
        for line in self:
            line.display_name = " ".join(part for part in (line.number, line.title) if part)
