from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo import Command, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .. import takeover
from ..billing import Billing
from ..formats import FileFault, subscription_list
from .list_finder import Finder
from .subscription_list_queue import RowFault
from .subscription_subscription import FIRST_YEAR, LAST_YEAR


class SubscriptionImport(models.Model):
    """What would be made of a list: each subscription with its figures, or why it cannot be."""

    _inherit = "subscription.import"

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
