from odoo import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.nordic_einvoice.tests.scenarios import ScenarioCase

from .orders import SaleOrders


class Deposits(SaleOrders):
    """A deposit and the final invoice that deducts it; each country's class below runs them."""

    def _ordered(self, **values):
        product, freight = self.env["product.product"].create(
            [
                {"name": name, "type": "service", "invoice_policy": "order", "taxes_id": False}
                for name in ("Kontorstol", "Fragt")
            ]
        )
        self.env.user.group_ids |= self.env.ref("sales_team.group_sale_manager")
        lines = [(product, 10, 999.0), (freight, 1, 500.0)]
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "client_order_ref": "PO-4711",
                "order_line": [
                    Command.create(
                        {
                            "product_id": each.id,
                            "product_uom_qty": quantity,
                            "price_unit": price,
                            "tax_ids": [Command.set(self.tax25.ids)],
                        }
                    )
                    for each, quantity, price in lines
                ],
            }
        )
        order.action_confirm()
        return order

    def _invoiced(self, invoice, values):
        invoice.write({"invoice_date": "2026-11-02", "partner_bank_id": self.iban.id, **values})
        invoice.action_post()
        return invoice

    def _taken(self, order, values):
        return self._invoiced(self._down_payment(order, 30), values)

    def test_20_deposit_invoice(self):
        self._holds(lambda **values: self._taken(self._ordered(), values), self._categories("S"))

    def test_21_final_invoice_deducts_the_deposit_and_names_it(self):
        deposits = []

        def make(**values):
            order = self._ordered()
            deposits.append(self._taken(order, values))
            return self._invoiced(order._create_invoices(final=True), values)

        def names_it(move, root):
            path = "BillingReference/InvoiceDocumentReference/"
            self.assertEqual(self._text(root, path + "ID"), [deposits[-1].name])
            self.assertEqual(self._text(root, path + "IssueDate"), ["2026-11-02"])
            self.assertFalse(self._text(root, "LegalMonetaryTotal/PrepaidAmount"))
            amounts = [float(text) for text in self._text(root, "InvoiceLine/LineExtensionAmount")]
            self.assertEqual(min(amounts), -deposits[-1].amount_untaxed)

        self._holds(make, names_it)


@tagged("post_install", "-at_install")
class TestDanishDeposits(Deposits, ScenarioCase):
    country = "dk"

    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()


@tagged("post_install", "-at_install")
class TestNorwegianDeposits(Deposits, ScenarioCase):
    country = "no"

    @classmethod
    @AccountTestInvoicingCommon.setup_country("no")
    def setUpClass(cls):
        super().setUpClass()


@tagged("post_install", "-at_install")
class TestSwedishDeposits(Deposits, ScenarioCase):
    country = "se"

    @classmethod
    @AccountTestInvoicingCommon.setup_country("se")
    def setUpClass(cls):
        super().setUpClass()


@tagged("post_install", "-at_install")
class TestFinnishDeposits(Deposits, ScenarioCase):
    country = "fi"

    @classmethod
    @AccountTestInvoicingCommon.setup_country("fi")
    def setUpClass(cls):
        super().setUpClass()
