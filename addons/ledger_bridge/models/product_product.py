import uuid
from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError

from .. import products


class ProductProduct(models.Model):
    _inherit = "product.product"

    def action_ledger_push(self):
        """Queue these products for the outside ledger of the company: new ones are created, others updated."""
        connection = self.env["transfer.connection"]._ledger_of_company(self.env.company)
        for product in self:
            product._ledger_enqueue(connection)
        return connection._ledger_notification(self.env._("%(count)s products are on their way.", count=len(self)))

    def _ledger_enqueue(self, connection):
        """:return: its transfer"""
        self.ensure_one()
        reference = connection._ledger_reference(self)
        if connection._ledger_link(self, "product"):
            # an update may be made any number of times; one that waits is not doubled
            waiting = (
                self.env["transfer.log"]
                .sudo()
                .search(
                    [
                        ("connection_id", "=", connection.id),
                        ("operation", "=", "product_update"),
                        ("res_id", "=", self.id),
                        ("state", "in", ("queued", "sending", "uncertain", "failed")),
                    ],
                    limit=1,
                )
            )
            log = waiting or connection._transfer_enqueue("product_update", self, f"{reference}:{uuid.uuid4().hex}")
        else:
            log = connection._transfer_enqueue("product_create", self, reference)
        if log.state in ("failed", "ignored"):
            log._decide("retry")
        return log

    def _ledger_values(self, connection):
        """This product in ``products.FIELDS``. The price is without VAT, in the currency of the company."""
        self.ensure_one()
        product = self.with_context(lang=connection.company_id.partner_id.lang or self.env.lang)
        unit = connection._ledger_unit(product.uom_id)
        values = {
            "name": product.with_context(display_default_code=False).display_name,
            "number": product.default_code,
            "barcode": product.barcode,
            "price": products.price_text(product._ledger_net_price(connection), product._ledger_price_digits()),
            "unit": unit.code,
            "account": connection._ledger_product_account(product),
            "description": product.description_sale,
        }
        return {name: (value or "").strip() for name, value in values.items()}

    def _ledger_net_price(self, connection):
        """The sales price without VAT as Decimal; it may be kept with VAT."""
        taxes = self._ledger_sales_taxes(connection)
        price = self.lst_price
        if any(tax.price_include for tax in taxes):
            price = taxes.with_context(round=False).compute_all(price, product=self)["total_excluded"]
        return Decimal(str(round(price, 6)))

    def _ledger_price_digits(self):
        return self.env["decimal.precision"].precision_get("Product Price")

    def _ledger_sales_taxes(self, connection):
        """The sales taxes of the company's own country, before any fiscal position."""
        return self.sudo().taxes_id.filtered(lambda tax: tax.company_id in connection.company_id.sudo().parent_ids)

    def _ledger_income_account(self, connection):
        """The income account before any fiscal position."""
        template = self.product_tmpl_id.with_company(connection.company_id).sudo()
        return template.get_product_accounts()["income"]

    def _ledger_product_key_values(self, connection):
        self.ensure_one()
        values = connection._ledger_product_values(self)
        return {key: values[key] for key in products.KEYS}

    def _ledger_take_product_values(self, values):
        """Take fields over from the ledger. Variants share name, price and description, so theirs are kept here."""
        self.ensure_one()
        if len(self.product_tmpl_id.product_variant_ids) > 1 or self.product_template_attribute_value_ids:
            raise UserError(
                self.env._(
                    "%(name)s is a variant: name, price and description are those of all its variants and are kept "
                    "here. Let these fields go to the ledger, or set its rule to never update.",
                    name=self.display_name,
                )
            )
        connection_lang = self.with_context(lang=self.env.company.partner_id.lang or self.env.lang)
        vals = {}
        if values.get("name"):
            vals["name"] = values["name"]
        if "description" in values:
            vals["description_sale"] = values["description"] or False
        if vals:
            connection_lang.write(vals)
        if values.get("price"):
            self._ledger_take_price(Decimal(values["price"]))

    def _ledger_take_price(self, price):
        """:param Decimal price: without VAT"""
        taxes = self.sudo().taxes_id.filtered(lambda tax: tax.company_id in self.env.company.parent_ids)
        if any(tax.price_include for tax in taxes):
            rate = sum((Decimal(str(tax.amount)) for tax in taxes if tax.amount_type == "percent"), Decimal(0))
            price *= 1 + rate / 100
        self.lst_price = float(round(price, self._ledger_price_digits()))


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def action_ledger_push(self):
        """Queue these products, each of their variants."""
        return self.product_variant_ids.action_ledger_push()
