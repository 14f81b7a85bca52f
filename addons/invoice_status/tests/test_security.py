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
