"""Amounts and journal items of invoices to be, by core's own tax functions and without a journal entry.

``account.move.create`` takes the lines as they are when the tax lines and the balances of the base lines come along
(its comment in ``_sync_tax_lines`` says so). That is most of the time an invoice costs. What is computed here must be
what core would compute: a test compares every stored column of both ways.
"""

from dataclasses import dataclass

from odoo import Command

#: Different invoices (products, prices, taxes) whose result is kept: many subscriptions are alike.
KEPT = 2000


@dataclass(frozen=True)
class Computed:
    """What an invoice comes to, in its currency, and what its journal items need beside the line's own values."""

    untaxed: float
    tax: float
    total: float
    base_values: tuple
    tax_values: tuple


class InvoiceTaxes:
    def __init__(self, env, company):
        self.env = env
        self.company = company
        self._kept = {}
        self._plain_taxes = {}
        self._plain_terms = {}
        self._has_distribution_models = None

    def compute(self, values) -> Computed:
        """Result for the values of an invoice (``invoice_line_ids`` as create commands, taxes as one set command)."""
        lines = [line for _command, _id, line in values["invoice_line_ids"]]
        key = (
            values["currency_id"],
            *(
                (
                    line["product_id"],
                    line["account_id"],
                    tuple(line["tax_ids"][0][2]),
                    line["price_unit"],
                    line["quantity"],
                    line["discount"],
                )
                for line in lines
            ),
        )
        if key not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[key] = self._compute(lines, self.env["res.currency"].browse(values["currency_id"]))
        return self._kept[key]

    def _compute(self, lines, currency):
        taxes = self.env["account.tax"]
        base_lines = [self._base_line(line, currency) for line in lines]
        taxes._add_tax_details_in_base_lines(base_lines, self.company)
        taxes._round_base_lines_tax_details(base_lines, self.company)
        taxes._add_accounting_data_in_base_lines_tax_details(base_lines, self.company, include_caba_tags=False)
        result = taxes._prepare_tax_lines(base_lines, self.company)
        base_values = tuple(values for _base_line, values in result["base_lines_to_update"])
        tax_values = tuple(dict(values) for values in result["tax_lines_to_add"])
        untaxed = currency.round(-sum(values["amount_currency"] for values in base_values))
        tax = currency.round(-sum(values["amount_currency"] for values in tax_values))
        return Computed(untaxed, tax, currency.round(untaxed + tax), base_values, tax_values)

    def _base_line(self, line, currency):
        env = self.env
        return env["account.tax"]._prepare_base_line_for_taxes_computation(
            {},
            product_id=env["product.product"].browse(line["product_id"]),
            product_uom_id=env["uom.uom"].browse(line["product_uom_id"]),
            tax_ids=env["account.tax"].browse(line["tax_ids"][0][2]),
            account_id=env["account.account"].browse(line["account_id"]),
            price_unit=line["price_unit"],
            quantity=line["quantity"],
            discount=line["discount"],
            currency_id=currency,
            rate=1.0,
            sign=-1,
            name=line["name"],
        )

    def complete(self, values, partner_id):
        """The same values with all journal items but the receivable one, where core would come to just that.

        Otherwise (a credit note, another currency, cash basis, early payment discount, analytic distribution by model,
        nothing to pay) the values as they are: core computes.

        :param int partner_id: the partner of the journal items, core's commercial partner of the invoice
        """
        if not self._is_plain(values):
            return values
        computed = self.compute(values)
        given = {"currency_id": values["currency_id"], "partner_id": partner_id, "analytic_distribution": False}
        items = [
            Command.create({**given, **line, **base})
            for (_command, _id, line), base in zip(values["invoice_line_ids"], computed.base_values, strict=True)
        ]
        items += [
            Command.create({**tax, "display_type": "tax", "partner_id": partner_id}) for tax in computed.tax_values
        ]
        completed = {name: value for name, value in values.items() if name != "invoice_line_ids"}
        return {"date": values["invoice_date"], "invoice_currency_rate": 1.0, **completed, "line_ids": items}

    def _is_plain(self, values):
        return (
            values["move_type"] == "out_invoice"
            and values["currency_id"] == self.company.currency_id.id
            and not self._uses_distribution_models()
            and self._is_plain_term(self._term_id(values))
            and all(
                self._is_plain_tax(tax_id)
                for _command, _id, line in values["invoice_line_ids"]
                for tax_id in line["tax_ids"][0][2]
            )
            and self.compute(values).total != 0
        )

    def _uses_distribution_models(self):
        if self._has_distribution_models is None:
            models = self.env["account.analytic.distribution.model"].sudo()
            self._has_distribution_models = bool(models.search_count([], limit=1))
        return self._has_distribution_models

    def _term_id(self, values):
        partner = self.env["res.partner"].browse(values["partner_id"])
        return values.get("invoice_payment_term_id") or partner.property_payment_term_id.id

    def _is_plain_term(self, term_id):
        if term_id not in self._plain_terms:
            term = self.env["account.payment.term"].browse(term_id or ())
            self._plain_terms[term_id] = not term.early_discount
        return self._plain_terms[term_id]

    def _is_plain_tax(self, tax_id):
        if tax_id not in self._plain_taxes:
            tax = self.env["account.tax"].browse(tax_id)
            self._plain_taxes[tax_id] = all(each.tax_exigibility == "on_invoice" for each in tax | tax.children_tax_ids)
        return self._plain_taxes[tax_id]
