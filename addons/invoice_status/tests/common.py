from datetime import timedelta

from odoo import fields

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class InvoiceStatusCommon(AccountTestInvoicingCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.other_today = cls.today - timedelta(days=1)

    @classmethod
    def _invoice(cls, amount=1000.0, due_in=8, post=True, move_type="out_invoice"):
        invoice = cls.init_invoice(move_type, invoice_date=cls.today - timedelta(days=30), amounts=[amount], post=False)
        invoice.invoice_payment_term_id = False
        invoice.invoice_date_due = cls.today + timedelta(days=due_in)
        if post:
            invoice.action_post()
        return invoice

    @classmethod
    def _pay(cls, invoices, amount=None):
        vals = {"payment_date": cls.today}
        if amount is not None:
            vals["amount"] = amount
        wizard = (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create(vals)
        )
        return wizard._create_payments()

    @classmethod
    def _log(cls, invoice):
        rows = cls.env["invoice.status.log"].search([("move_id", "=", invoice.id)], order="id")
        return [(row.state_from, row.state_to, row.cause) for row in rows]
