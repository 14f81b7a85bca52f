"""Core's own tests of down payments with this addon installed: without a rule nothing is different."""

from odoo.tests import tagged

from odoo.addons.sale.tests import test_taxes_downpayment


@tagged("post_install", "-at_install")
class TestCoreDownPayment(test_taxes_downpayment.TestTaxesDownPaymentSale):
    pass
