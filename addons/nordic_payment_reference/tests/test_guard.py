"""What the payer was told is not changed by hand or over RPC; the correction logs and keeps what was."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.nordic_payment_reference.formats import fi

from .common import PaymentReferenceCommon


@tagged("post_install", "-at_install")
class TestGuard(PaymentReferenceCommon):
    def setUp(self):
        super().setUp()
        self.agreement = self._agreement()
        self.invoice = self._invoice()

    def _correct(self, user=None, **values):
        correct = self.env["payment.reference.correct"].with_user(user or self.env.user)
        return correct.create({"move_id": self.invoice.id, "reason": "Wrong creditor", **values}).action_correct()

    def test_proof_is_not_written_over_rpc(self):
        manager = self._user("group_account_manager")
        for user in (self.env.user, manager):
            invoice = self.invoice.with_user(user)
            for name, value in [
                ("payment_id_number", "026840149965328"),
                ("payment_card_type", "75"),
                ("payment_creditor_number", "87777777"),
                ("payment_reference_agreement_id", False),
                ("payment_reference", "+71<026840149965328+88888888<"),
                ("payment_reference", False),
            ]:
                with self.subTest(user=user.name, name=name), self.assertRaises(UserError):
                    invoice.write({name: value})
        self.invoice.write({"payment_reference": self.invoice.payment_reference, "ref": "kept"})
        self.assertEqual(self.invoice.ref, "kept")

    def test_proof_is_not_created_over_rpc(self):
        with self.assertRaises(UserError):
            self._invoice(post=False, payment_id_number="026840149965328")
        self.Move = self.Move.with_context(default_payment_id_number="026840149965328")
        with self.assertRaises(UserError):
            self.Move.create({"move_type": "out_invoice", "partner_id": self.partner_a.id})

    def test_draft_that_was_posted_keeps_its_reference(self):
        self.invoice.button_draft()
        with self.assertRaises(UserError):
            self.invoice.payment_reference = "hello"
        self.assertFalse(self.invoice.copy().payment_id_number)

    def test_draft_and_invoices_without_agreement_are_free(self):
        draft = self._invoice(post=False)
        draft.payment_reference = "+71<026840149965328+88888888<"
        self.agreement.active = False
        other = self._invoice()
        other.payment_reference = "Free text"
        self.assertEqual(other.payment_reference, "Free text")

    def test_correction_by_the_manager_keeps_the_former_one(self):
        former = self.invoice.payment_reference
        self.invoice.is_move_sent = True
        manager = self._user("group_account_manager", "group_account_invoice")
        self._correct(manager)
        self.assertNotEqual(self.invoice.payment_reference, former)
        body = "".join(self.invoice.message_ids.mapped("body"))
        self.assertIn("Wrong creditor", body)
        self.assertIn(former.split("<")[1].split("+")[0], body)
        for text in (former, self.invoice.payment_reference):
            self.assertEqual(self.Move._find_by_payment_reference(text), self.invoice)
        term = self.invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        self.assertIn(self.invoice.payment_reference, term.name)

    def test_correction_to_a_line_of_another_creditor(self):
        self._correct(new_reference="+71<026840149965328+80882939<")
        self.assertEqual(self.invoice.payment_creditor_number, "80882939")
        self.assertEqual(self.invoice._payment_line_text(), "+71<026840149965328+80882939<")

    def test_correction_is_refused_for(self):
        other = self._invoice()
        for values in (
            {"reason": "  "},
            {"new_reference": "+71<026840149965329+88888888<"},
            {"new_reference": other.payment_reference},
            {"new_reference": self.invoice.payment_reference},
            {"new_reference": "hello"},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._correct(**values)
        self.patch(type(self.invoice), "_payment_reference_is_drawn", lambda move: True)
        with self.assertRaises(UserError):
            self._correct()

    def test_correction_is_for_the_manager(self):
        with self.assertRaises(AccessError):
            self._correct(self._user("group_account_invoice"))

    def test_handed_out_ids_are_not_changed(self):
        self._correct()
        alias = self.env["payment.reference.alias"].search([("move_ids", "in", self.invoice.ids)])
        self.assertEqual(alias.kind, "former")
        for user in (self._user("group_account_invoice"), self._user("group_account_manager")):
            with self.assertRaises(AccessError):
                alias.with_user(user).write({"number": "1"})
            with self.assertRaises(AccessError):
                alias.with_user(user).unlink()
            with self.assertRaises(AccessError):
                alias.with_user(user).copy()

    def test_former_id_is_never_given_again(self):
        former = self.invoice.payment_id_number
        self._correct()
        with self.assertRaises(UserError):
            self._invoice(payment_reference=f"+71<{former}+88888888<")
        self.assertEqual(fi.validate_payment_id("71", former), former)


@tagged("post_install", "-at_install")
class TestRoles(PaymentReferenceCommon):
    def test_who_may_do_what(self):
        agreement = self._agreement()
        auditor = self._user("group_account_readonly")
        user = self._user("group_account_invoice")
        manager = self._user("group_account_manager")
        for who in (auditor, user, manager):
            self.assertTrue(agreement.with_user(who).example)
            find = self.env["payment.reference.find"].with_user(who).create({"text": "x", "company_id": 1})
            self.assertFalse(find.with_company(self.env.company).move_ids)
        for who in (auditor, user):
            with self.assertRaises(AccessError):
                agreement.with_user(who).write({"fixed_part": "1"})
            with self.assertRaises(AccessError):
                self.Agreement.with_user(who).create({"card_type": "73", "creditor_number": "88888888"})
        agreement.with_user(manager).write({"fixed_part": "1"})

    def test_another_company_sees_and_finds_nothing(self):
        self._agreement()
        moves = self._invoice() | self._invoice()
        alias = self.env["payment.reference.alias"].browse(moves.action_collective_payment_reference()["res_id"])
        other = self.setup_other_company()["company"]
        stranger = self._user("group_account_invoice", "group_account_manager", company=other)
        self.assertFalse(self.env["payment.reference.alias"].with_user(stranger).search([]))
        self.assertFalse(self.Agreement.with_user(stranger).search([("id", "in", self.Agreement.search([]).ids)]))
        Move = self.env["account.move"].with_user(stranger).with_company(other)
        for text in (moves[0].payment_reference, alias.payer_text):
            self.assertFalse(Move._find_by_payment_reference(text, other))
        # the same number may be used by another company of its own
        same = self.Agreement.create({"card_type": "71", "creditor_number": "88888888", "company_id": other.id})
        self.assertNotEqual(same.sequence_id, self.Agreement.search([], limit=1).sequence_id)
