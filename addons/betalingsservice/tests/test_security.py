from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestSecurity(BetalingsserviceCommon):
    def _user(self, group, company=None):
        company = company or self.company
        return self.env["res.users"].create(
            {
                "name": group,
                "login": f"bs_{group}_{company.id}",
                "company_id": company.id,
                "company_ids": [Command.set(company.ids)],
                "group_ids": [Command.set([self.env.ref(f"account.{group}").id])],
            }
        )

    def test_invoice_user_works_through_a_month(self):
        user = self._user("group_account_invoice")
        agreement = self._agreement(state="pending").with_user(user)
        agreement.action_activate()
        invoice = self._invoice(post=False).with_user(user)
        invoice.action_post()
        delivery = self.creditor.with_user(user)._create_delivery()
        delivery.action_mark_sent()
        self.assertEqual(invoice.betalingsservice_collection_ids.state, "delivered")
        with self.assertRaises(AccessError):
            self.creditor.with_user(user).name = "Other"

    def test_auditor_reads_only(self):
        user = self._user("group_account_readonly")
        agreement = self._agreement()
        collection = self._invoice().betalingsservice_collection_ids
        self.assertTrue(collection.with_user(user).reference)
        self.assertEqual(collection.with_user(user).line_ids.move_id.name, collection.move_id.name)
        self.assertEqual(collection.with_user(user).final_date, date(2027, 2, 9))
        for record, values in (
            (agreement, {"end_date": "2027-01-01"}),
            (collection, {"is_held": True}),
            (collection.line_ids, {"is_withdrawn": True}),
        ):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(user).write(values)

    def test_companies_are_separate(self):
        agreement = self._agreement()
        collection = self._invoice().betalingsservice_collection_ids
        delivery = self.creditor._create_delivery()
        other = self.setup_other_company()["company"]
        user = self._user("group_account_manager", other)
        for record in (self.creditor, self.group, agreement, collection, collection.line_ids, delivery):
            with self.subTest(model=record._name):
                self.assertFalse(self.env[record._name].with_user(user).search([("id", "in", record.ids)]))
        foreign = (
            self.env["account.move"]
            .with_company(other)
            .create({"move_type": "out_invoice", "partner_id": self.customer.id})
        )
        self.assertFalse(foreign.betalingsservice_agreement_id)

    def test_screens_open_on_real_records(self):
        self._agreement()
        self._invoice()
        delivery = self.creditor._create_delivery()
        for record in (self.creditor, self.creditor.agreement_ids, delivery, delivery.collection_ids):
            with self.subTest(model=record._name):
                self.assertTrue(Form(record).id)
                record.get_views([(False, "list"), (False, "form"), (False, "search")])
        with Form(self.env["betalingsservice.agreement"]) as form:
            form.partner_id = self.other
            self.assertEqual(form.customer_number, "1002")
            self.assertEqual(form.group_id, self.group)
        with Form(self.env["betalingsservice.import"]) as form:
            form.attachment_ids.add(self.env["ir.attachment"].create({"name": "x.txt", "raw": b"hello"}))
        with self.assertRaises(UserError):
            form.record.action_import()
