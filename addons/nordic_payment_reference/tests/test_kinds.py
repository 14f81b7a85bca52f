"""Layouts, lengths and levels as the banks agree them; ids of an old system; credit notes; many invoices at once."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.nordic_payment_reference.formats import fi, kid, ocr, rf, viite

from .common import PaymentReferenceCommon


@tagged("post_install", "-at_install")
class TestKinds(PaymentReferenceCommon):
    def _kid(self, **values):
        return self._agreement(card_type="kid10", creditor_number=False, **values)

    # --- layout and length -----------------------------------------------------------------------------------------
    def test_order_of_the_parts(self):
        self.partner_a.ref = "K-42"
        for layout, expected in [
            ("fixed customer number", "9000042000000000001234"),
            ("customer number fixed", "0000420000000000012349"),
            ("number customer fixed", "0000000000012340000429"),
        ]:
            with self.subTest(layout=layout):
                agreement = self.Agreement.new(
                    {
                        "card_type": "kid10",
                        "fixed_part": "9",
                        "customer_digits": 6,
                        "layout": layout,
                        "total_length": 23,
                        "number_source": "sequence",
                    }
                )
                self.assertEqual(agreement._number_from("1234", self.partner_a), kid.make(expected, "mod10", 23))

    def test_customer_number_that_is_too_long_is_named_with_the_customer(self):
        self.partner_a.ref = "1234567"
        self._kid(customer_digits=4)
        with self.assertRaises(UserError) as caught:
            self._invoice(currency="NOK")
        self.assertIn("1234567", str(caught.exception))
        self.assertIn(self.partner_a.display_name, str(caught.exception))

    def test_leading_zeros_of_a_customer_number_do_not_count(self):
        self.partner_a.ref = "000042"
        agreement = self._kid(customer_digits=4)
        self.assertTrue(self._invoice(currency="NOK").payment_id_number.startswith("0042"))
        self.assertEqual(agreement._customer_part(self.partner_a), "0042")

    def test_every_ocr_level(self):
        self.env.ref("base.SEK").active = True
        for level, values in [("1", {}), ("2", {}), ("3", {}), ("4", {"total_length": 5, "second_length": 12})]:
            with self.subTest(level=level):
                self.Agreement.search([]).active = False
                self.env.flush_all()
                agreement = self._agreement(card_type="ocr", creditor_number="50501055", ocr_level=level, **values)
                number = self._invoice(currency="SEK").payment_id_number
                self.assertEqual(ocr.validate(number, level, agreement._lengths()), number)
                agreement.next_number = agreement.next_number + 123456
                longer = self._invoice(currency="SEK").payment_id_number
                self.assertEqual(ocr.validate(longer, level, agreement._lengths()), longer)
                if level == "4":
                    self.assertEqual(len(longer), 12)

    def test_minus_of_modulus_11_only_where_the_bank_takes_it(self):
        agreement = self._agreement(card_type="kid11", creditor_number=False)
        agreement.is_minus_allowed = True
        numbers = agreement._next_payment_ids([self.partner_a] * 60)
        self.assertTrue([number for number in numbers if number.endswith("-")])
        for number in numbers:
            self.assertEqual(kid.validate(number, "mod11"), number)
        with self.assertRaises(ValidationError):
            agreement.write({"is_minus_allowed": False, "number_source": "invoice"})

    def test_rf_in_finland_holds_a_reference_number(self):
        self._agreement(card_type="rf", creditor_number=False)
        self.assertEqual(self.Agreement.search([]).currency_name or "", "")
        self.env.company.account_fiscal_country_id = self.env.ref("base.fi")
        number = self._invoice(currency="EUR").payment_id_number
        self.assertEqual(rf.validate(number), number)
        self.assertEqual(viite.validate(number[4:]), number[4:])

    def test_two_currencies_of_one_journal(self):
        self._agreement()
        self._kid()
        self._agreement(card_type="rf", creditor_number=False)
        self.assertEqual(self._invoice().payment_card_type, "71")
        self.assertEqual(self._invoice(currency="NOK").payment_card_type, "kid10")
        self.assertEqual(self._invoice(currency="EUR").payment_card_type, "rf")

    # --- stays -----------------------------------------------------------------------------------------------------
    def test_reference_is_stable_when_everything_else_is_renamed(self):
        agreement = self._agreement(card_type="kid10", creditor_number=False, customer_digits=6)
        self.partner_a.ref = "42"
        invoice = self._invoice(currency="NOK")
        number, text = invoice.payment_id_number, invoice.payment_reference
        self.partner_a.write({"ref": "77", "name": "New name"})
        self.journal.write({"name": "Renamed", "code": "REN"})
        agreement.sudo().sequence_id.write({"name": "Renamed", "number_next_actual": 9000})
        agreement.write({"fixed_part": "5", "layout": "number customer fixed"})
        self.env.flush_all()
        invoice.invalidate_recordset()
        self.assertEqual((invoice.payment_id_number, invoice.payment_reference), (number, text))
        agreement.active = False
        self.assertEqual(invoice._payment_line_text(), number)

    def test_journals_that_share_a_creditor_share_its_running_number(self):
        first = self._agreement()
        other = self._other_journal()
        second = self._agreement(journal_id=other.id)
        self.assertEqual(first.sequence_id, second.sequence_id)
        ids = [self._invoice().payment_id_number, self._invoice(journal_id=other.id).payment_id_number]
        self.assertEqual(len(set(ids)), 2)
        second.creditor_number = "87777777"
        third = self._agreement(journal_id=self.journal.id, card_type="75")
        self.assertEqual(third.sequence_id, first.sequence_id)

    def test_currency_changed_on_the_draft_gives_another_reference(self):
        self._agreement()
        invoice = self._invoice()
        former = invoice.payment_id_number
        invoice.button_draft()
        invoice.currency_id = self.env.ref("base.EUR")
        invoice.action_post()
        self.assertFalse(invoice.payment_card_type)
        self.assertEqual(invoice.payment_reference, invoice.name)
        self.assertEqual(invoice._payment_line_text(), "")
        self.assertEqual(self.Move._find_by_payment_reference(former), invoice, "the payer may still use it")

    def test_core_defaults_of_new_journals_are_not_touched(self):
        selection = self.env["account.journal"]._fields["invoice_reference_model"].get_values(self.env)
        own = [key for key in selection if "payment_reference" in key or key in ("fik", "kid", "ocr", "nordic")]
        self.assertFalse(own)
        before = self._other_journal().invoice_reference_model
        self._agreement()
        journal = self.env["account.journal"].create({"name": "Third", "code": "THI", "type": "sale"})
        self.assertEqual(journal.invoice_reference_model, before)
        self.assertEqual(journal.payment_reference_agreement_ids, self.Agreement.search([]))

    # --- ids of an old system --------------------------------------------------------------------------------------
    def test_line_with_the_former_creditor_number_is_kept_as_it_is(self):
        self._agreement()
        invoice = self._invoice(payment_reference="+71< 026840149965328 +80882939<")
        self.assertRecordValues(
            invoice,
            [
                {
                    "payment_card_type": "71",
                    "payment_id_number": "026840149965328",
                    "payment_creditor_number": "80882939",
                    "payment_reference": "+71<026840149965328+80882939<",
                }
            ],
        )
        self.assertEqual(invoice._payment_line_text(), "+71<026840149965328+80882939<")

    def test_old_kid_is_kept_and_validated(self):
        self._kid()
        self.assertEqual(self._invoice(currency="NOK", payment_reference="1234 5678 2").payment_id_number, "123456782")
        with self.assertRaises(UserError) as caught:
            self._invoice(currency="NOK", payment_reference="123456783")
        self.assertIn("123456783", str(caught.exception))

    def test_old_id_with_a_wrong_check_digit_is_refused_not_replaced(self):
        self._agreement()
        for typed in ("+71<026840149965329+88888888<", "71 026840149965329 88888888", "026840149965329"):
            with self.subTest(typed=typed), self.assertRaises(UserError) as caught:
                self._invoice(payment_reference=typed)
            self.assertIn("026840149965329", str(caught.exception))

    def test_old_ids_that_lie_in_the_running_number_are_skipped(self):
        agreement = self._agreement()
        ahead = agreement.next_number + 1
        imported = self._invoice(payment_reference=f"+71<{fi.payment_id('71', ahead)}+88888888<")
        numbers = [self._invoice().payment_id_number for _count in range(3)]
        self.assertNotIn(imported.payment_id_number, numbers)
        self.assertEqual(len(set(numbers)), 3)

    def test_imported_id_twice_is_refused(self):
        self._agreement()
        self._invoice(payment_reference="+71<026840149965328+88888888<")
        with self.assertRaises(UserError):
            self._invoice(payment_reference="+71<026840149965328+88888888<")
        again = self._invoice(payment_reference="+71<026840149965328+88888888<", invoice_origin="S00012")
        self.assertNotEqual(again.payment_id_number, "026840149965328")

    # --- credit notes ----------------------------------------------------------------------------------------------
    def test_credit_notes_by_rule(self):
        agreement = self._kid()
        invoice = self._invoice(currency="NOK")

        def credit():
            note = invoice._reverse_moves([{"invoice_date": invoice.invoice_date}])
            note.action_post()
            return note

        self.assertFalse(credit().payment_id_number)
        agreement.credit_note_rule = "invoice"
        note = credit()
        self.assertEqual((note.payment_reference, note.payment_id_number), (invoice.payment_reference, False))
        agreement.credit_note_rule = "own"
        note = credit()
        self.assertEqual(kid.validate(note.payment_id_number), note.payment_reference)
        self.assertNotEqual(note.payment_id_number, invoice.payment_id_number)
        self.assertEqual(note._payment_line_text(), "")
        agreement.number_source = "invoice"
        note = credit()
        digits = "".join(filter(str.isdigit, note.name))
        self.assertEqual(note.payment_id_number, kid.make(digits))
        self.assertEqual(self.Move._find_by_payment_reference(note.payment_id_number), note)

    def test_payment_slips_are_never_for_credit_notes(self):
        self._agreement(credit_note_rule="own")
        self.assertFalse(self._invoice(move_type="out_refund").payment_id_number)

    # --- collective references -------------------------------------------------------------------------------------
    def test_one_kid_for_several_invoices(self):
        self._kid()
        moves = self._invoice(currency="NOK") | self._invoice(currency="NOK", price=123.75)
        action = moves.action_collective_payment_reference()
        alias = self.env["payment.reference.alias"].browse(action["res_id"])
        self.assertEqual(kid.validate(alias.number), alias.payer_text)
        self.assertEqual(alias.amount_open, 622.50)
        self.assertEqual(self.Move._find_by_payment_reference(f"KID {alias.number}"), moves)
        self.assertNotIn(alias.number, moves.mapped("payment_id_number"))
        self.assertEqual(moves.action_collective_payment_reference()["res_id"], alias.id, "once for the same invoices")
        with self.assertRaises(UserError):
            self._invoice(currency="NOK", payment_reference=alias.number)

    def test_collective_reference_only_for_what_can_be_paid_together(self):
        self._kid()
        first = self._invoice(currency="NOK")
        for others in (
            self._invoice(currency="NOK", partner_id=self.partner_b.id),
            self._invoice(),
            self._invoice(currency="NOK", post=False),
            self.Move,
        ):
            with self.assertRaises(UserError):
                (first | others).action_collective_payment_reference()

    # --- many at once ----------------------------------------------------------------------------------------------
    def test_batch_asks_for_agreement_and_numbers_once(self):
        parts = ('FROM "payment_reference_agreement"', "generate_series", 'FROM "payment_reference_alias"')
        for source in ("sequence", "invoice"):
            with self.subTest(source=source):
                self.Agreement.search([]).active = False
                self.env.flush_all()
                self._agreement(number_source=source, fixed_part="7" if source == "invoice" else "")
                counts = []
                for size in (2, 8):
                    moves = self.Move.browse().concat(*(self._invoice(post=False) for _count in range(size)))
                    self.env.flush_all()
                    self.env.invalidate_all()
                    seen = []
                    origin = type(self.env.cr).execute

                    def execute(cursor, query, *args, seen=seen, origin=origin, **kwargs):
                        text = str(getattr(query, "code", query))
                        if any(part in text for part in parts):
                            seen.append(text)
                        return origin(cursor, query, *args, **kwargs)

                    with self.subTest(size=size):
                        self.patch(type(self.env.cr), "execute", execute)
                        moves.action_post()
                        self.patch(type(self.env.cr), "execute", origin)
                    counts.append([text[:300] for text in seen])
                    self.assertEqual(len(set(moves.mapped("payment_id_number"))), size)
                self.assertEqual(
                    len(counts[0]), len(counts[1]), f"queries do not grow with the number of invoices: {counts}"
                )
