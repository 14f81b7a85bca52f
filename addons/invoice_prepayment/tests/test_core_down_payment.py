"""Core's own tests of down payments with this addon installed: without a rule nothing is different."""

from odoo.tests import tagged

from odoo.addons.sale.tests.test_sale_refund import TestSaleRefund
from odoo.addons.sale.tests.test_taxes_downpayment import TestTaxesDownPaymentSale


@tagged("post_install", "-at_install")
class TestCoreDownPaymentTaxes(TestTaxesDownPaymentSale):
    pass


@tagged("post_install", "-at_install")
class TestCoreRefundWithDownPayment(TestSaleRefund):
    pass


# imported for the classes above; collected once
del TestSaleRefund, TestTaxesDownPaymentSale
