"""What a list names, as records: its customers, products, taxes, currencies and ways of payment."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from odoo.tools.sql import escape_psql

from .subscription_list_queue import RowFault


@dataclass(frozen=True)
class ProductLine:
    """What `Billing` asks of a line: a subscription's has the same."""

    id: Any
    product_id: Any
    tax_ids: Any


class Finder:
    """Customers, products, taxes and currencies of a file by what the file calls them; each looked up together."""

    def __init__(self, billing, documents):
        self.env = billing.env
        self.company = billing.company
        self._customers = self._find_customers({document.customer for document in documents})
        lines = [line for document in documents for line in document.lines]
        self._products = self._find_products({line.product for line in lines if line.product})
        self._taxes = {}
        self._currencies = {}
        self._ways = None

    def _find_customers(self, names):
        found, names = defaultdict(set), sorted(names)
        own = [("company_id", "in", [False, self.company.id])]
        for field in ("ref", "vat", "name"):
            left = [name for name in names if name not in found]
            for partner in self.env["res.partner"].search([*own, (field, "in", left)]):
                found[partner[field]].add(partner)
        return found

    def _find_products(self, names):
        found, names = defaultdict(set), sorted(names)
        own = [("company_id", "in", [False, self.company.id])]
        for field in ("default_code", "barcode"):
            left = [name for name in names if name not in found]
            for product in self.env["product.product"].search([*own, (field, "in", left)]):
                found[product[field]].add(product)
        for name in names:
            if name not in found:
                found[name] = set(self.env["product.product"].search([*own, ("name", "=", name)], limit=2))
        return found

    def ways(self, company):
        """The company's ways of payment, read once for a list."""
        if self._ways is None:
            self._ways = self.env["subscription.payment.way"]._get_of_company(company)
        return self._ways

    def customer(self, name):
        partners = self._customers.get(name) or ()
        if len(partners) > 1:
            heads = {partner.commercial_partner_id for partner in partners}
            partners = heads if len(heads) == 1 else partners
        if len(partners) > 1:
            raise RowFault(self.env._("Several customers are called %s; use the number.", name))
        if not partners:
            raise RowFault(self.env._("There is no customer %s.", name))
        return next(iter(partners))

    def product(self, name):
        if not name:
            return self.env["product.product"]
        products = self._products.get(name) or ()
        if len(products) > 1:
            raise RowFault(self.env._("Several products are called %s; use the internal reference.", name))
        if not products:
            raise RowFault(self.env._("There is no product %s.", name))
        return next(iter(products))

    def taxes(self, name):
        """The sales tax the file names by its name or label; nothing named: the product's."""
        taxes = self.env["account.tax"]
        if not name:
            return taxes
        if name not in self._taxes:
            domain = [*taxes._check_company_domain(self.company), ("type_tax_use", "=", "sale")]
            text = escape_psql(name)
            self._taxes[name] = taxes.search(
                [*domain, "|", ("name", "=ilike", text), ("invoice_label", "=ilike", text)], limit=2
            )
        if len(self._taxes[name]) != 1:
            raise RowFault(self.env._("No single sales tax is called %s.", name))
        return self._taxes[name]

    def currency(self, code):
        if not code:
            return self.company.currency_id
        if code not in self._currencies:
            self._currencies[code] = self.env["res.currency"].search([("name", "=", code)])
        if not self._currencies[code]:
            raise RowFault(self.env._("The currency %s is unknown or not in use.", code))
        return self._currencies[code]
