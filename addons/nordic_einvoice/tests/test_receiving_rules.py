"""Whose document, which tax, which account, which product: by what is known, never guessed."""

from dataclasses import replace
from decimal import Decimal as D

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import formatLang

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.nordic_einvoice.formats import records as r

from . import received
from .common import EinvoiceCommon


class ReceivedCommon(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.Document = cls.env["nordic.einvoice.document"]
        cls.vendor = cls.env["res.partner"].create(
            {
                "name": "Papir og Pen",
                "is_company": True,
                "vat": "DK98765409",
                "country_id": cls.env.ref("base.dk").id,
                "bank_ids": [Command.create({"acc_number": "1551 0012345678"})],
            }
        )

    def _receive(self, data=None, *, fmt="bis3", name="f.xml", channel="upload", remote_id=None, **values):
        data = data if data is not None else received.write(fmt, **values)
        return self.Document._einvoice_receive(data, name, channel, remote_id, company=self.company, runner=self.runner)

    def _bill(self, *args, **values):
        document = self._receive(*args, **values)
        self.assertTrue(document.move_id, document.error_message)
        return document.move_id

    def _clarify(self, document, **values):
        wizard = self.env["nordic.einvoice.clarify"].with_context(default_document_id=document.id).create(values)
        return wizard


@tagged("post_install", "-at_install")
class TestReceivingRules(ReceivedCommon):
    # --- the same again
    def test_another_total_under_the_same_number_waits_for_a_person(self):
        first = self._receive()
        data = received.write(lines=(received.line(1, 1, "100.00"),))
        other = self._receive(data)
        self.assertNotEqual(other, first)
        self.assertEqual((other.inbox_state, other.attachment_id.sudo().raw), ("person", data))
        self.assertIn(f"{formatLang(self.env, 312.44)} DKK", other.error_message)
        with self.subTest("the first bill still stands"):
            other.action_create_bill()
            self.assertEqual(other.inbox_state, "person")
        first.move_id.button_cancel()
        other.action_create_bill()
        self.assertEqual(other.move_id.amount_total, other.amount_total)

    def test_what_was_refused_may_be_sent_again_put_right(self):
        first = self._receive()
        first._answer("RE", "PRI", "Aftalt pris er 90")
        other = self._receive(lines=(received.line(1, 1, "100.00"),))
        self.assertEqual((other.inbox_state, other.move_id.ref), ("bill", "F-2026-7"))
        self.assertEqual(self._receive(fmt="oioubl21", lines=(received.line(1, 1, "100.00"),)), other)

    def test_the_same_in_another_dialect_is_kept_on_the_first(self):
        first, data = self._receive(), received.write("oioubl21")
        self.assertEqual(self._receive(data), first)
        self.assertIn(data, first.message_ids.attachment_ids.sudo().mapped("raw"))

    def test_a_number_of_thousands_of_characters(self):
        number = "".join(f"{at:04x}" for at in range(1500))
        document = self._receive(number=number)
        self.env.flush_all()
        self.assertEqual(document.name, number)
        self.assertEqual(self._receive(fmt="oioubl21", number=number), document)

    # --- vendor
    def test_vendor_by_each_number_and_the_reason(self):
        numbers = (
            {"peppol_eas": "0184", "peppol_endpoint": "98765409"},
            {"vat": "DK98765409"},
            {"company_registry": "98765409"},
        )
        for number, values in enumerate(numbers):
            with self.subTest(values):
                self.vendor.write(
                    {"vat": False, "company_registry": False, "peppol_eas": False, "peppol_endpoint": False}
                )
                self.vendor.write(values)
                document = self._receive(number=f"N-{number}")
                self.assertEqual(document.move_id.partner_id, self.vendor)
                self.assertIn("98765409", document.vendor_reason)

    def test_vendor_by_account_when_nothing_else_is_known(self):
        self.vendor.vat = False
        document = self._receive()
        self.assertEqual(document.move_id.partner_id, self.vendor)

    def test_two_vendors_that_fit_stop_it(self):
        twin = self.vendor.copy({"name": "Papir og Pen, filial", "vat": "DK98765409"})
        document = self._receive()
        self.assertFalse(document.move_id)
        self.assertEqual(document.inbox_state, "person")
        self.assertIn(twin.display_name, document.error_message)
        wizard = self._clarify(document)
        self.assertFalse(wizard.partner_id)
        wizard.write({"partner_id": self.vendor.id, "is_new": False})
        wizard.action_apply()
        self.assertEqual(document.move_id.partner_id, self.vendor)

    def test_numbers_of_two_vendors_stop_it(self):
        self.env["res.partner"].create(
            {"name": "En anden", "is_company": True, "peppol_eas": "0184", "peppol_endpoint": "98765409"}
        )
        document = self._receive()
        self.assertFalse(document.move_id)
        self.assertIn("En anden", document.error_message)

    def test_new_vendor_gets_what_the_document_says(self):
        self.vendor.write({"active": False})
        document = self._receive()
        self.assertEqual(document.inbox_state, "person")
        wizard = self._clarify(document)
        self.assertTrue(wizard.is_new)
        wizard.action_apply()
        vendor = document.move_id.partner_id
        self.assertRecordValues(
            vendor,
            [
                {
                    "name": "Papir og Pen ApS",
                    "vat": "DK98765409",
                    "company_registry": "98765409",
                    "peppol_eas": "0184",
                    "peppol_endpoint": "98765409",
                    "street": "Havnegade 3",
                    "zip": "7100",
                    "country_code": "DK",
                }
            ],
        )
        self.assertEqual(vendor.bank_ids.mapped("sanitized_acc_number"), ["15510012345678"])
        self.assertEqual(document.account_state, "known")

    # --- tax
    def test_tax_that_cannot_be_known_is_chosen_once(self):
        parts = [
            Command.create({"repartition_type": "base"}),
            Command.create({"repartition_type": "tax", "factor_percent": 100}),
            Command.create({"repartition_type": "tax", "factor_percent": -100}),
        ]
        tax = self.env["account.tax"].create(
            {
                "name": "Omvendt, egen",
                "type_tax_use": "purchase",
                "amount": 25,
                "invoice_repartition_line_ids": parts,
                "refund_repartition_line_ids": parts,
            }
        )
        lines = (received.line(1, 1, "100.00", tax=r.TaxCategory("AE", D(0), "Omvendt", "VATEX-EU-AE")),)
        document = self._receive(lines=lines)
        self.assertFalse(document.move_id)
        self.assertIn("AE", document.error_message)
        wizard = self._clarify(document)
        self.assertEqual(wizard.tax_ids.mapped("vat_key"), ["AE 0"])
        wizard.tax_ids.tax_id = tax
        wizard.action_apply()
        self.assertEqual((document.move_id.amount_tax, document.move_id.amount_total), (0, 100))
        taxed = document.move_id.line_ids.filtered("tax_line_id")
        self.assertEqual(sorted(taxed.mapped("balance")), [-25, 25], "self-assessed VAT is booked")
        again = self._bill(lines=lines, number="N-2")
        self.assertEqual(again.invoice_line_ids.tax_ids, tax, "remembered")
        choice = self.env["nordic.einvoice.choice"].search([("partner_id", "=", self.vendor.id)])
        self.assertEqual(choice.mapped("vat_key"), ["AE 0"])
        choice.unlink()
        self.assertFalse(self._receive(lines=lines, number="N-3").move_id)

    def test_no_tax_for_stated_vat_is_refused_with_the_amount(self):
        lines = (received.line(1, 1, "100.00", tax=r.TaxCategory("S", D(17))),)
        document = self._receive(lines=lines)
        wizard = self._clarify(document)
        wizard.tax_ids.is_without = True
        wizard.action_apply()
        self.assertFalse(document.move_id)
        self.assertIn("17", document.error_message)

    def test_foreign_vat_and_purchases_without_vat_from_abroad_need_a_person(self):
        self.vendor.country_id = self.env.ref("base.no")
        abroad = received.party(
            "Papir og Pen ApS", "98765409", address=r.Address(city="Oslo", zip="0155", country="NO")
        )
        for number, tax in enumerate(
            (received.S25, r.TaxCategory("Z", D(0)), r.TaxCategory("AE", D(0), "x", "VATEX-EU-AE"))
        ):
            with self.subTest(tax.code):
                document = self._receive(
                    lines=(received.line(1, 1, "100.00", tax=tax),), supplier=abroad, number=f"NO-{number}"
                )
                self.assertFalse(document.move_id)
                self.assertIn(tax.code, document.error_message)

    def test_vat_rounded_line_by_line_is_taken_as_written(self):
        lines = tuple(received.line(number, 3, "8.79", "2.93") for number in range(1, 4))
        subtotals = (r.TaxSubtotal(received.S25, D("26.37"), D("6.60")),)
        bill = self._bill(lines=lines, subtotals=subtotals)
        self.assertRecordValues(bill, [{"amount_tax": 6.60, "amount_total": 32.97}])
        bill.action_post()
        self.assertRecordValues(bill, [{"amount_tax": 6.60, "amount_total": 32.97, "amount_residual": 32.97}])

    def test_vat_that_is_wrong_is_refused_with_the_ore(self):
        lines = (received.line(1, 1, "1000.00"),)
        subtotals = (r.TaxSubtotal(received.S25, D("1000.00"), D("250.90")),)
        document = self._receive(lines=lines, subtotals=subtotals)
        self.assertFalse(document.move_id)
        self.assertIn("0.90", document.error_message)

    # --- amounts
    def test_everything_is_kept(self):
        freight = r.AllowanceCharge(D("40.00"), is_charge=True, reason="Fragt", reason_code="FC", tax=received.S25)
        discount = r.AllowanceCharge(D("10.00"), reason="Rabat", reason_code="95", tax=received.S25)
        lines = (received.line(1, "5.311", "79.67", "15.00"), received.line(2, "3", "10.00", "3.33333"))
        document = self._receive(
            lines=lines, allowances=(freight, discount), prepaid=D("50.00"), rounding=D("0.41"), sales_order="S-9"
        )
        bill = document.move_id
        self.assertEqual(bill.amount_untaxed, D("120.08").__float__())
        self.assertEqual(bill.invoice_line_ids.mapped("price_subtotal"), [79.67, 10.0, 40.0, -10.0, 0.41])
        self.assertIn("5.311", bill.invoice_line_ids[0].name)
        self.assertEqual((bill.invoice_origin, bill.invoice_date_due), ("PO-5", document.invoice_date.replace(day=16)))
        self.assertIn("50.00", document.note)
        self.assertAlmostEqual(document.amount_due, bill.amount_total - 50, 2)

    def test_negative_invoice_becomes_a_refund(self):
        bill = self._bill(lines=(received.line(1, -2, "-200.00", "100.00"),))
        self.assertRecordValues(bill, [{"move_type": "in_refund", "amount_total": 250.0}])
        self.assertRecordValues(bill.invoice_line_ids, [{"quantity": 2, "price_unit": 100}])

    def test_vat_in_company_currency_is_what_is_deducted(self):
        self.env.ref("base.EUR").active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.env.ref("base.EUR").id,
                "rate": 1 / 7.45,
                "name": "2026-11-01",
                "company_id": self.company.id,
            }
        )
        bill = self._bill(
            currency="EUR", tax_currency="DKK", tax_currency_amount=D("466.22"), exchange_rate=D("7.4600")
        )
        self.assertEqual(bill.amount_tax, 62.49)
        self.assertEqual(sum(bill.line_ids.filtered("tax_line_id").mapped("balance")), 466.22)
        self.assertAlmostEqual(sum(bill.line_ids.mapped("balance")), 0, 2)

    def test_attachments_under_their_true_types(self):
        files = (
            r.Attachment("A", "bilag.pdf", "application/pdf", b"%PDF-1.4 x"),
            r.Attachment("B", "timer.csv", "text/csv", b"a;b\n1;2\n"),
        )
        document = self._receive(attachments=files)
        bill = document.move_id
        self.assertEqual(bill.message_main_attachment_id.name, "bilag.pdf")
        saved = self.env["ir.attachment"].search([("res_model", "=", "account.move"), ("res_id", "=", bill.id)])
        self.assertEqual(set(saved.mapped("name")), {"bilag.pdf", "timer.csv"})
        self.assertEqual(document.attachment_id.res_model, "nordic.einvoice.document")

    # --- products, accounts, choices
    def test_products_by_code_gtin_and_own_code(self):
        names = ("leverandørkode", "stregkode", "vores nummer")
        one, two, three = self.env["product.product"].create([{"name": name} for name in names])
        one.seller_ids = [Command.create({"partner_id": self.vendor.id, "product_code": "PAP-80"})]
        two.barcode = "5701234567899"
        three.default_code = "V-3"
        lines = (
            received.line(1, 1, "10.00", seller_item="PAP-80"),
            received.line(2, 1, "10.00", standard_item="5701234567899"),
            received.line(3, 1, "10.00", buyer_item="V-3"),
            received.line(4, 1, "10.00", name="stregkode"),
        )
        bill = self._bill(lines=lines)
        self.assertEqual(bill.invoice_line_ids.mapped("product_id").ids, [one.id, two.id, three.id])
        self.assertFalse(bill.invoice_line_ids[3].product_id, "never by name")
        self.assertEqual(bill.amount_total, 50)

    def test_account_is_remembered_from_the_posted_bill(self):
        bill = self._bill()
        account = self.company_data["default_account_expense"].copy({"name": "Kontorartikler"})
        bill.invoice_line_ids[0].account_id = account
        bill.action_post()
        again = self._bill(number="F-8")
        self.assertEqual(again.invoice_line_ids[0].account_id, account)
        self.env["nordic.einvoice.choice"].search([("account_id", "=", account.id)]).unlink()
        self.assertNotEqual(self._bill(number="F-9").invoice_line_ids[0].account_id, account)

    # --- once
    def test_same_document_in_the_other_dialect_is_one_bill(self):
        first = self._receive()
        self.assertEqual(self._receive(fmt="oioubl21", channel="mail", remote_id="<m@x>#0"), first)

    def test_bill_typed_by_hand_is_not_booked_twice(self):
        typed = self.env["account.move"].create(
            {"move_type": "in_invoice", "partner_id": self.vendor.id, "ref": "f-2026-7", "invoice_date": "2026-11-02"}
        )
        document = self._receive()
        self.assertFalse(document.move_id)
        self.assertIn(typed.display_name, document.error_message)
        typed.write({"invoice_date": "2025-11-02"})
        document.action_create_bill()
        self.assertTrue(document.move_id, "the number of another year")

    # --- account of the vendor
    def test_new_account_blocks_the_payment_until_confirmed(self):
        other = replace(received.BANK, account="0099999999")
        document = self._receive(payment_means=(other,))
        self.assertEqual(document.account_state, "new")
        self.assertIn("DK15510099999999", document.note)
        bill = document.move_id
        bill.action_post()

        def pay():
            Register = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=bill.ids
            )
            return Register.create({})._create_payments()

        with self.assertRaisesRegex(UserError, "DK15510099999999"):
            pay()
        users = self._users()
        with self.assertRaises(AccessError):
            document.with_user(users["invoice"]).action_confirm_account()
        with self.assertRaises(AccessError):
            document.with_user(users["manager"]).write({"account_state": "confirmed"})
        document.with_user(users["manager"]).action_confirm_account()
        self.assertEqual(document.account_confirmed_uid, users["manager"])
        self.assertTrue(document.account_confirmed_date)
        self.assertTrue(pay())
        self.assertEqual(self._receive(payment_means=(other,), number="F-8").account_state, "known")

    def test_new_account_blocks_every_way_to_pay(self):
        other = replace(received.BANK, account="0099999999")
        waiting = self._bill(payment_means=(other,), number="W-1")
        known = self._bill(number="K-1")
        (waiting | known).action_post()
        Register = self.env["account.payment.register"].with_context(active_model="account.move")
        for grouped in (True, False):
            with self.assertRaisesRegex(UserError, "DK15510099999999"), self.cr.savepoint():
                batch = Register.with_context(active_ids=(waiting | known).ids).create({"group_payment": grouped})
                batch._create_payments()
        self.assertEqual((waiting | known).mapped("payment_state"), ["not_paid", "not_paid"], "none of the batch left")
        # somebody enters the account himself and pays without the bill
        bank = self.env["res.partner.bank"].create(
            {"partner_id": self.vendor.id, "acc_number": "1551 0099999999", "allow_out_payment": True}
        )
        values = {"payment_type": "outbound", "partner_type": "supplier", "partner_id": self.vendor.id, "amount": 100}
        payment = self.env["account.payment"].create(values | {"partner_bank_id": bank.id})
        with self.assertRaisesRegex(UserError, "DK15510099999999"):
            payment.action_post()
        self.env["account.payment"].create(values | {"partner_bank_id": self.vendor.bank_ids[0].id}).action_post()
        self.assertTrue(Register.with_context(active_ids=known.ids).create({})._create_payments())
        waiting.action_einvoice_confirm_account()
        payment.action_post()
        self.assertTrue(Register.with_context(active_ids=waiting.ids).create({})._create_payments())

    def test_known_accounts_however_written(self):
        for number, means in enumerate(
            (received.BANK, r.PaymentMeans(code="58", account="DK5015510012345678", payment_id="x"))
        ):
            document = self._receive(payment_means=(means,), number=f"F-{number}")
            self.assertEqual(document.account_state, "known", means)
            self.assertEqual(document.move_id.partner_bank_id, self.vendor.bank_ids)

    def test_document_for_somebody_else_is_noted(self):
        document = self._receive(customer=received.party("En Nabo ApS", "98765417"))
        self.assertIn("En Nabo ApS", document.note)
