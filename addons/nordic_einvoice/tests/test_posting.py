"""What would stop an e-invoice is told when the invoice is posted, not first when it is sent."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestPosting(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.customer = cls._partner("no")

    def _unready(self, **values):
        """Peppol wants a reference, and there is none."""
        return self._invoice(self.customer, buyer_reference=False, **values)

    def test_told_on_the_invoice(self):
        move = self._unready()
        self.assertEqual(move.state, "posted")
        self.assertIn(self.customer.name, move.einvoice_posting_fault)
        self.assertFalse(move.einvoice_document_ids)
        self.assertIn(move, self.env["account.move"].search([("einvoice_posting_fault", "!=", False)]))

    def test_right_ones_say_nothing(self):
        moves = self._invoice(self.customer) | self._invoice(self._partner("dk")) | self._invoice(
            self.env["res.partner"].create({"name": "Privat", "email": "p@example.com"}), buyer_reference=False
        )  # fmt: skip
        self.assertEqual(moves.mapped("einvoice_posting_fault"), [False, False, False])

    def test_rules_are_told_by_their_number(self):
        number = self.customer.peppol_endpoint
        self.env.cr.execute("UPDATE res_partner SET peppol_endpoint = '310999939' WHERE id = %s", [self.customer.id])
        self.customer.invalidate_recordset()
        move = self._invoice(self.customer)
        self.assertIn("PEPPOL-COMMON-R041", move.einvoice_posting_fault)
        self.customer.peppol_endpoint = number
        self.assertEqual(move.action_einvoice_check()["params"]["type"], "success")
        self.assertFalse(move.einvoice_posting_fault)

    def test_making_it_takes_the_text_away(self):
        move = self._unready()
        move.buyer_reference = "Ada"
        self._document(move)
        self.assertFalse(move.einvoice_posting_fault)

    def test_refused_by_choice(self):
        self.company.einvoice_posting_rule = "block"
        with self.assertRaises(UserError) as caught:
            self._unready()
        self.assertIn(self.customer.name, str(caught.exception))
        self.assertEqual(self._invoice(self.customer).state, "posted")
        self.company.einvoice_posting_rule = "none"
        self.assertFalse(self._unready().einvoice_posting_fault)

    def test_many_before_they_are_posted(self):
        drafts = self._unready(post=False) | self._invoice(self.customer, post=False) | self._unready(post=False)
        action = drafts.action_einvoice_check()
        self.assertEqual(action["domain"], [("id", "in", (drafts[0] | drafts[2]).ids)])
        self.assertFalse(drafts[1].einvoice_posting_fault)
        self.assertEqual(set(drafts.mapped("state")), {"draft"})

    def test_no_pdf_is_made_for_it(self):
        self.company.einvoice_pdf = "always"
        with patch.object(self.env.registry["ir.actions.report"], "_render_qweb_pdf", side_effect=AssertionError):
            self.assertFalse(self._invoice(self.customer).einvoice_posting_fault)

    def test_a_fault_of_ours_stops_no_posting(self):
        self.company.einvoice_posting_rule = "block"
        where = "odoo.addons.nordic_einvoice.models.account_move_posting"
        with (
            patch.object(self.env.registry["account.move"], "_prepare_einvoice_values", side_effect=KeyError("x")),
            mute_logger(where),
        ):
            self.assertEqual(self._invoice(self.customer).state, "posted")

    def test_many_are_checked_by_few_statements(self):
        moves = self.env["account.move"]
        for _count in range(12):
            moves |= self._invoice(self.customer, post=False)
        moves.action_post()
        self.env.flush_all()

        def statements(some):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some._einvoice_check()
            return self.env.cr.sql_log_count - before

        few, many = statements(moves[:2]), statements(moves)
        self.assertLess(many - few, 10, "the statements do not grow with the invoices")
        self.env.cr.execute("UPDATE account_move SET buyer_reference = NULL")
        self.env.invalidate_all()
        few, many = statements(moves[:2]), statements(moves)
        self.assertLess(many - few, 10, "nor with what is found")
        self.assertTrue(all(moves.mapped("einvoice_posting_fault")))


class LegalCommon(EinvoiceCommon):
    def _by_mail(self, partner, **values):
        return self._invoice(partner, einvoice_channel="mail", **values)

    def _printed(self, move):
        html, _kind = self.env["ir.actions.report"]._render_qweb_html("account.account_invoices", move.ids)
        return html.decode()


@tagged("post_install", "-at_install")
class TestDanishLaw(LegalCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()

    def test_each_missing_item_is_named(self):
        whole = self._partner("dk")
        self.assertFalse(self._by_mail(whole).einvoice_posting_fault)
        nowhere = self._partner("dk", city=False, name="Uden adresse ApS")
        self.assertIn("Uden adresse ApS", self._by_mail(nowhere).einvoice_posting_fault)
        person = self.env["res.partner"].create({"name": "Ida Privat", "email": "ida@example.com"})
        self.assertFalse(self._by_mail(person).einvoice_posting_fault)
        line = (1, 100.0, {"tax_ids": [Command.set(self._chart_tax("tax_s2").ids)]})
        german = self._partner("de", vat=False, name="Ohne Nummer GmbH")
        self.assertIn("Ohne Nummer GmbH", self._by_mail(german, lines=[line]).einvoice_posting_fault)
        own = self.company.partner_id
        own.write({"street": False, "vat": False, "company_registry": False})
        fault = self._by_mail(whole).einvoice_posting_fault
        self.assertEqual(len(fault.splitlines()), 3, fault)

    def test_printed(self):
        line = (1, 100.0, {"tax_ids": [Command.set(self._chart_tax("tax_s2").ids)]})
        self.assertNotIn("EU-levering", self._printed(self._by_mail(self._partner("de"), lines=[line])))  # core's words
        self._chart_tax("tax_s2").invoice_legal_notes = False
        page = self._printed(self._by_mail(self._partner("de"), lines=[line]))
        self.assertIn("CVR-nr. 12345674", page)
        self.assertIn("EU-levering", page)
        self.company.report_footer = "<p>CVR 12 34 56 74</p>"
        page = self._printed(self._by_mail(self._partner("dk")))
        self.assertNotIn("CVR-nr.", page)
        self.assertNotIn('name="einvoice_legal"', page)


@tagged("post_install", "-at_install")
class TestNorwegianLaw(LegalCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("no")
    def setUpClass(cls):
        super().setUpClass()
        cls._norwegian_company()

    def test_foretaksregisteret(self):
        customer = self._partner("no")
        move = self._by_mail(customer)
        self.assertFalse(move.einvoice_posting_fault)
        page = self._printed(move)
        self.assertIn("Org.nr. NO 310 999 903 MVA", page)
        self.assertIn("Foretaksregisteret", page)
        self.company.einvoice_has_tax_registration = False
        move = self._by_mail(customer)
        self.assertIn("Foretaksregisteret", move.einvoice_posting_fault)
        self.assertNotIn("Foretaksregisteret", self._printed(move))
        self.company.partner_id.name = "Eksempel Enkeltpersonforetak"
        self.assertFalse(self._by_mail(customer).einvoice_posting_fault)


@tagged("post_install", "-at_install")
class TestSwedishLaw(LegalCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("se")
    def setUpClass(cls):
        super().setUpClass()
        cls._swedish_company()

    def test_numbers_and_f_tax(self):
        page = self._printed(self._by_mail(self._partner("se")))
        for text in ("Org.nr 559999-1238", "Momsreg.nr SE559999123801", "Godkänd för F-skatt"):
            self.assertIn(text, page)
