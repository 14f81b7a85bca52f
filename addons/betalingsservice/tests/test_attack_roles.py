from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import SQL

from .common import BetalingsserviceCommon

MODULES = {"betalingsservice", "nordic_payment_reference"}
#: What an auditor leaves behind when he looks: who had the file first.
LOOKED = {"betalingsservice_delivery": ("download_date", "download_user_id")}
#: Not of the books: looking for files, settings of a view, what core writes when somebody is there.
SKIPPED_METHODS = {"action_archive", "action_unarchive"}


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestAttackRoles(BetalingsserviceCommon):
    """Every button pressed over RPC by who may only read, and files asked for by another company."""

    def setUp(self):
        super().setUp()
        self.auditor = self._user("revisor", self.company, "group_account_readonly")
        self.operator = self._operator()
        self._agreement()
        self.operator.mandates["1001"] = "000101529"
        self.invoice = self._invoice()
        self._invoice(self.other)
        self.sent = self.creditor._create_delivery()
        self.operator.receive(self.sent.attachment_id.raw)
        self.sent.action_mark_sent()
        self.operator.reject("1001")
        self.operator.sign_up("7777", date(2027, 1, 2))
        self.answer = self._import(self.operator.answer_0602())
        self.answer.report_id.action_approve()
        self.mandates = self._import(self.operator.answer_0603())
        self.failed = self._import(self.operator.answer_0603()[:-60], "D9-603.BS1")
        self.later = self._invoice(price=77)
        self.ready = self.creditor._create_delivery()
        self.discarded = self.ready
        self.ready._discard("Prøve")
        self.ready = self.creditor._create_delivery()
        self.waiting = self._invoice(due=date(2027, 3, 1), price=55)
        self.env.flush_all()

    def _user(self, login, company, *groups):
        return new_test_user(
            self.env,
            login,
            groups=",".join(f"account.{group}" for group in groups),
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def _records(self):
        company = self.company.id
        for name in sorted(self.env.registry):
            model = self.env[name]
            if model._abstract or model._transient or not model._auto:
                continue
            if model._original_module not in MODULES and name != "account.move":
                continue
            domain = [("company_id", "=", company)] if "company_id" in model._fields else []
            yield model.with_context(active_test=False).sudo().search(domain)

    def _state(self):
        """What stands in the tables a bookkeeper relies on."""
        self.env.flush_all()
        tables = {records._table for records in self._records()} | {"account_move_line", "account_partial_reconcile"}
        tables |= {"transfer_log", "paymatch_report", "paymatch_report_line", "ir_cron_trigger", "mail_activity"}
        state = {}
        for table in sorted(tables):
            skipped = [*LOOKED.get(table, ()), "write_date", "write_uid"]
            query = SQL(
                "SELECT md5(string_agg((to_jsonb(t) - %s::text[])::text, '|' ORDER BY t.*)) FROM %s AS t",
                skipped,
                SQL.identifier(table),
            )
            [(state[table],)] = self.env.execute_query(query)
        return state

    def test_no_button_works_for_who_may_only_read(self):
        before, pressed = self._state(), set()
        for records in self._records():
            own = {
                name
                for cls in type(records).__mro__
                if (getattr(cls, "_module", None) or "") in MODULES
                for name in vars(cls)
                if name.startswith(("action_", "button_"))
            } - SKIPPED_METHODS
            for record in records[:6]:
                for name in sorted(own):
                    self._press(record, name)
                    pressed.add((record._name, name))
        self.assertGreater(len(pressed), 40)
        after = self._state()
        self.assertEqual(after, before)

    def _press(self, record, name):
        """One button; what it changed counts even when the caller is told of an error later."""
        self.env.invalidate_all()
        try:
            with self.env.cr.savepoint():
                call_kw(record.with_user(self.auditor).browse(), name, [record.ids], {})
                self.env.flush_all()
        except UserError:  # as over RPC: rolled back
            self.env.invalidate_all()

    def test_files_of_another_company(self):
        other = self.setup_other_company()["company"]
        stranger = self._user("fremmed", other, "group_account_manager", "group_account_invoice")
        receipt = self.creditor.message_post(body="x", attachments=[("T1.BS1", b"kvittering")]).attachment_ids
        deliveries = self.sent | self.answer | self.mandates | self.failed | self.discarded | self.ready
        self.env.flush_all()
        for attachment in deliveries.attachment_id | receipt:
            self.env.invalidate_all()
            with self.subTest(attachment.name), self.assertRaises(AccessError):
                call_kw(attachment.with_user(stranger).browse(), "read", [attachment.ids, ["raw", "datas"]], {})
        for delivery in deliveries:
            for name in ("action_download", "action_open_records", "action_discard", "action_handed_over"):
                with self.subTest(delivery=delivery.name, method=name), self.assertRaises(AccessError):
                    call_kw(delivery.with_user(stranger).browse(), name, [delivery.ids], {})
        wizard = {"company_id": self.company.id, "attachment_ids": [Command.create({"name": "x", "raw": b"x"})]}
        for companies in ([], self.company.ids, [other.id, self.company.id]):
            context = {"allowed_company_ids": companies} if companies else {}
            Wizard = self.env["betalingsservice.import"].with_user(stranger).with_context(**context)
            operator = self._operator()
            operator.sign_up("8888", date(2027, 1, 3))
            wizard["attachment_ids"] = [Command.create({"name": "D7-603.BS1", "raw": operator.answer_0603()})]
            with self.subTest(context=context), self.assertRaises(UserError), self.env.cr.savepoint():
                Wizard.create(wizard).action_import()
            self.env.invalidate_all()

    def test_fields_of_proof_whatever_the_model(self):
        """Each stored field that the forms show as read-only is refused over RPC, for a bookkeeper and a manager."""
        clerk = self._user("bogholder", self.company, "group_account_invoice")
        manager = self._user("chef", self.company, "group_account_manager")
        for user in (clerk, manager):
            for records in (
                self.sent | self.ready | self.discarded | self.answer,
                self.invoice.betalingsservice_collection_ids,
                self.invoice.betalingsservice_line_ids,
                self.mandates.line_ids,
                self.sent.collection_ids.agreement_id.log_ids,
            ):
                for name, field in records._fields.items():
                    if not field.store or not field.readonly or name in ("id", "create_uid", "create_date"):
                        continue
                    if field.type in ("one2many", "many2many") or records[:1].with_user(user)._log_access is False:
                        continue
                    value = records[:1][name]
                    value = value.id if field.relational else value
                    with self.subTest(user=user.login, model=records._name, field=name):
                        with self.assertRaises(UserError):
                            call_kw(
                                records.with_user(user).browse(), "write", [records[:1].ids, {name: value or False}], {}
                            )
                        self.env.invalidate_all()
