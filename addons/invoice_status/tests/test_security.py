from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import InvoiceStatusCommon


@tagged("post_install", "-at_install")
class TestSecurity(InvoiceStatusCommon):
    def test_log_is_read_only_for_everybody(self):
        invoice = self._invoice()
        for group in (
            "account.group_account_invoice",
            "account.group_account_readonly",
            "account.group_account_manager",
        ):
            user = new_test_user(
                self.env,
                f"status_{group}",
                groups=group,
                company_id=invoice.company_id.id,
                company_ids=[(6, 0, invoice.company_id.ids)],
            )
            log = invoice.with_user(user).invoice_status_log_ids
            self.assertTrue(log)
            self.assertTrue(invoice.with_user(user).payment_history_ids)
            with self.assertRaises(AccessError):
                log.write({"source": "Nobody"})

    def test_other_company_sees_nothing(self):
        invoice = self._invoice()
        other = self.setup_other_company()["company"]
        user = new_test_user(
            self.env,
            "status_other",
            groups="account.group_account_invoice",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        domain = [("move_id", "=", invoice.id)]
        self.assertFalse(self.env["invoice.status.log"].with_user(user).search(domain))
        self.assertFalse(self.env["invoice.payment.history"].with_user(user).search(domain))

    def test_the_state_is_not_written_by_hand(self):
        invoice = self._invoice()
        manager = new_test_user(
            self.env,
            "status_manager",
            groups="account.group_account_manager",
            company_id=invoice.company_id.id,
            company_ids=[(6, 0, invoice.company_id.ids)],
        )
        own = invoice.with_user(manager)
        for values in ({"invoice_status_state": "paid"}, {"invoice_is_sent": True}):
            with self.assertRaises(AccessError):
                own.write(values)
            with self.assertRaises(AccessError):
                own.create({"move_type": "out_invoice", "partner_id": self.partner_a.id, **values})
        for name in ("invoice_status_log_ids", "payment_history_ids"):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                own.write({name: [(0, 0, {"company_id": invoice.company_id.id, "cause": "user", "amount": 1})]})
                own.flush_recordset()
        self.assertEqual(invoice.invoice_status_state, "awaiting")
        own.write({"is_move_sent": True})
        self.assertTrue(invoice.invoice_is_sent)
