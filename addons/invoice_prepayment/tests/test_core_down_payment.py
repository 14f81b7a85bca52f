"""Core's own tests of down payments, credit notes and invoicing with this addon installed.

Without a rule nothing is different: what passes without the addon passes with it.
"""

from odoo.tests import TransactionCase, tagged

from odoo.addons.account.tests import test_taxes_downpayment as of_account
from odoo.addons.sale.tests import test_sale_refund, test_sale_to_invoice, test_taxes_downpayment


class English(TransactionCase):
    """Core's tests look for English words; set before they make their records, so it stands last among the bases."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.env["ir.default"].set("res.partner", "lang", "en_US")
        partners = cls.env["res.partner"].with_context(active_test=False)
        partners.search([("lang", "!=", "en_US")]).lang = "en_US"
        cls.env["res.lang"].search([("code", "!=", "en_US")]).active = False


@tagged("post_install", "-at_install")
class TestCoreDownPayment(test_taxes_downpayment.TestTaxesDownPaymentSale, English):
    """Runs with an HTTP server only, i.e. not in quick runs."""


# What core asks of its tax engine alone, and hundreds of combinations of Brazil's and India's taxes, take a quarter of
# an hour and touch nothing of ours.
LEFT_OUT = ("test_taxes_l10n_in_sale_orders", "test_taxes_l10n_br_sale_orders")
for name in (*dir(of_account.TestTaxesDownPayment), *LEFT_OUT):
    if name.startswith("test_") and callable(getattr(TestCoreDownPayment, name)):
        setattr(TestCoreDownPayment, name, None)


@tagged("post_install", "-at_install")
class TestCoreRefund(test_sale_refund.TestSaleRefund, English):
    pass


@tagged("post_install", "-at_install")
class TestCoreToInvoice(test_sale_to_invoice.TestSaleToInvoice, English):
    pass
