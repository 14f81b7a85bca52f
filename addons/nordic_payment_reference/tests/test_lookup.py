"""A reference that was typed, pasted or found in a bank text leads to its invoice, and says how sure that is."""

from odoo.tests import Form, tagged

from odoo.addons.nordic_payment_reference.formats import rf

from .common import PaymentReferenceCommon


@tagged("post_install", "-at_install")
class TestLookup(PaymentReferenceCommon):
    def _look_up(self, text):
        return self.Move._look_up_payment_reference(text, self.env.company)

    def test_danish_line_however_it_was_written(self):
        self._agreement()
        invoice = self._invoice()
        self._invoice()
        number = invoice.payment_id_number
        for text in (
            f"+71<{number}+88888888<",
            f"+71<{number}+88888888",
            f"+71 < {number[:5]} {number[5:10]} {number[10:]} + 8888 8888 <",
            f"71 {number} 88888888",
            f"71\u00a0{number}\u00a088888888",
            f"Overførsel fra Hansen: 71 {number} 88888888 tak for handlen",
            f"71{number}88888888",
            f"FIK+71&lt;{number}+88888888&lt;",
            number,
        ):
            with self.subTest(text=text):
                self.assertEqual(self.Move._find_by_payment_reference(text), invoice)
                self.assertEqual(self.Move.search([("payment_reference_lookup", "=", text)]), invoice)
        for text in (number.lstrip("0"), number.lstrip("0")[:-1], invoice.name):
            with self.subTest(text=text):
                self.assertFalse(self.Move._find_by_payment_reference(text), "not sure enough without a person")
                self.assertEqual(self._look_up(text)[0], invoice)

    def test_slip_of_another_creditor_is_not_ours(self):
        self._agreement()
        invoice = self._invoice()
        text = f"+71<{invoice.payment_id_number}+87777777<"
        self.assertFalse(self.Move._find_by_payment_reference(text))
        moves, explanation = self._look_up(text)
        self.assertFalse(moves)
        self.assertIn("87777777", explanation)

    def test_wrong_digit_is_named(self):
        self._agreement()
        number = self._invoice().payment_id_number
        wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
        moves, explanation = self._look_up(f"+71<{wrong}+88888888<")
        self.assertFalse(moves)
        self.assertIn(wrong, explanation)
        self.assertIn(f" {number[-1]}", explanation)

    def test_valid_but_unknown_is_told(self):
        self._agreement()
        moves, explanation = self._look_up("+71<026840149965328+88888888<")
        self.assertFalse(moves)
        self.assertIn("026840149965328", explanation)
        self.assertTrue(self._look_up("hej")[1])

    def test_kid_with_blanks_inside_words_and_inside_digits(self):
        self._agreement(card_type="kid10", creditor_number=False, total_length=12)
        invoice = self._invoice(currency="NOK")
        number = invoice.payment_id_number
        for text in (number, f"{number[:4]} {number[4:8]} {number[8:]}", f"KID: {number[:6]} {number[6:]} / 2026"):
            with self.subTest(text=text):
                self.assertEqual(self.Move._find_by_payment_reference(text), invoice)
        glued = f"2026{number}77"
        self.assertFalse(self.Move._find_by_payment_reference(glued), "a guess is never a match")
        moves, explanation = self._look_up(glued)
        self.assertIn(invoice, moves)
        self.assertNotEqual(explanation, self._look_up(number)[1])

    def test_finnish_number_and_its_rf_form_are_the_same(self):
        self._agreement(card_type="viite", creditor_number=False)
        invoice = self._invoice(currency="EUR")
        number = invoice.payment_id_number
        for text in (number, f"Viite {number[:2]} {number[2:]}", rf.pretty(rf.make(number)), number.zfill(20)):
            with self.subTest(text=text):
                self.assertEqual(self.Move._find_by_payment_reference(text), invoice)

    def test_rf_reference_leads_to_its_invoice(self):
        self._agreement(card_type="rf", creditor_number=False)
        invoice = self._invoice(currency="EUR")
        for text in (invoice.payment_reference, rf.pretty(invoice.payment_id_number).lower() + " kiitos"):
            self.assertEqual(self.Move._find_by_payment_reference(text), invoice)

    def test_person_is_shown_and_led_to_the_invoice(self):
        self._agreement()
        invoice = self._invoice()
        with Form(self.env["payment.reference.find"]) as form:
            form.text = f"71 {invoice.payment_id_number} 88888888"
            self.assertTrue(form.explanation)
        find = form.record
        self.assertEqual(find.move_ids, invoice)
        self.assertEqual(find.action_find()["res_id"], invoice.id)
        find.text = "unknown"
        self.assertEqual(find.action_find()["res_model"], find._name)

    def test_search_of_nothing_and_of_drafts(self):
        self._agreement()
        draft = self._invoice(post=False)
        self.assertFalse(self.Move.search([("payment_reference_lookup", "=", "x" * 5000)]))
        self.assertNotIn(draft, self.Move.search([("payment_reference_lookup", "=", draft.name or "/")]))
