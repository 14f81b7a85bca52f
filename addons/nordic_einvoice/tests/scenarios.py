"""What an invoice can look like, once for every country; ``test_scenario_matrix`` runs them.

A scenario makes a posted invoice or credit note with the taxes and accounts of the company's country and says what the
e-invoice must say beside what always holds: valid in every layer, and equal to the books.
"""

import base64
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

from odoo import Command, fields

from .common import EinvoiceCommon

PDF = base64.b64decode("JVBERi0xLjQKMSAwIG9iajw8L1R5cGUvQ2F0YWxvZz4+ZW5kb2JqCnRyYWlsZXI8PC9Sb290IDEgMCBSPj4KJSVFT0YK")
DAY = fields.Date.to_date("2026-11-02")


@dataclass(frozen=True)
class Country:
    """Names of taxes in the chart of accounts; "" where a chart has none and the test makes its own."""

    code: str
    standard: str
    middle: str
    low: str
    zero: str
    exempt: str
    outside: str
    reverse: str
    to_germany: tuple[str, str]  # tax, category
    export: str
    account: str  # as printed in the country
    iban: str
    foreign: str = "EUR"
    formats: tuple[str, ...] = ("peppol",)


COUNTRIES = {
    "dk": Country(
        "DK", "tax_s1", "", "", "tax_s0", "tax_smf", "tax_s%", "", ("tax_s2", "K"), "tax_s4",
        "1551 0012345678", "DK5000400440116243", formats=("nemhandel", "peppol"),
    ),
    "no": Country(
        "NO", "tax3", "tax15", "tax17", "tax4", "tax6", "tax5", "tax18", ("tax19", "G"), "tax19",
        "8601 11 17947", "NO9386011117947",
    ),
    "se": Country(
        "SE", "sale_tax_25_goods", "sale_tax_12_goods", "sale_tax_6_goods", "", "", "", "", ("sale_tax_goods_EC", "K"),
        "sale_tax_goods_NEC", "5805-6201", "SE4550000000058398257466",
    ),
    "fi": Country(
        "FI", "tax_dom_sales_goods_25_5", "tax_dom_sales_goods_14", "tax_dom_sales_goods_10", "tax_dom_sales_goods_0",
        "", "", "tax_construct_sales_0", ("tax_eu_sales_goods_0", "K"), "vat0export", "FI2112345600000785",
        "FI2112345600000785", foreign="SEK",
    ),
}  # fmt: skip


def tax(record, **values):
    """Values of an invoice line with this tax."""
    return {"tax_ids": [Command.set(record.ids)], **values}


class ScenarioCase(EinvoiceCommon):
    """A company of ``country``; subclasses choose it and hold the scenarios."""

    country = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.facts = COUNTRIES[cls.country]
        getattr(
            cls, {"dk": "_danish", "no": "_norwegian", "se": "_swedish", "fi": "_finnish"}[cls.country] + "_company"
        )()
        cls.company.partner_id.write({"phone": "+4533221100", "email": "faktura@example.com"})
        bank = cls.env["res.bank"].create({"name": "Eksempelbank", "bic": "DABADKKK"})
        cls.iban = cls._account(cls.facts.iban, bank_id=bank.id)
        cls.customer = cls._partner(cls.country)

    @classmethod
    def _account(cls, number, **values):
        Bank = cls.env["res.partner.bank"]
        return Bank.search(
            [
                ("sanitized_acc_number", "=", number.replace(" ", "").replace("-", "")),
                ("partner_id", "=", cls.company.partner_id.id),
            ]
        ) or Bank.create(
            {"acc_number": number, "partner_id": cls.company.partner_id.id, "allow_out_payment": True, **values}
        )

    def _tax(self, name):
        """The tax of a field of ``Country``; one of our own, with its category, where the chart has none."""
        chart = getattr(self.facts, name)
        if isinstance(chart, tuple):
            chart = chart[0]
        if chart:
            record = self._chart_tax(chart)
            record.active = True
            return record
        if name in ("middle", "low"):
            return self._tax("zero")
        category = {"zero": "Z", "exempt": "E", "outside": "O", "reverse": "AE"}[name]
        return self.tax25.copy({"name": f"0 % {category}", "amount": 0, "ubl_cii_tax_category_code": category})

    # --- what always holds ---------------------------------------------------------------------------------------
    def _holds(self, make, also=None, warnings=()):
        """``make(**values)`` gives a posted move; its e-invoice is valid and says what the books say.

        Once with a reference of the customer's, and once with an order number alone; in every format of the country.
        """
        for channel in self.facts.formats:
            for reference in ("buyer", "order"):
                with self.subTest(channel=channel, reference=reference):
                    given = {
                        "buyer": {"buyer_reference": "Jette Jensen"},
                        "order": {"buyer_reference": False, "einvoice_order_reference": "PO-4711"},
                    }[reference]
                    self.customer.ref = "K-100" if reference == "buyer" else False
                    move = make(einvoice_channel=channel, **given)
                    if move.einvoice_channel != channel:
                        move.write({"einvoice_channel": channel, **given})
                    document = self._document(move)
                    found = {f.rule for f in document.finding_ids if f.severity == "warning"}
                    self.assertLessEqual(found, set(warnings))
                    root = etree.fromstring(document.attachment_id.raw)
                    self._equals_books(move, root, channel)
                    if also:
                        also(move, root)

    def _number(self, root, path):
        return sum((Decimal(element.text) for element in self._at(root, path)), Decimal(0))

    def _at(self, root, path):
        return root.xpath("/*/" + "/".join(f"*[local-name()='{step}']" for step in path.split("/")))

    def _text(self, root, path):
        return [element.text for element in self._at(root, path)]

    def _equals_books(self, move, root, channel):
        """Net, VAT per rate, VAT and what is to be paid, read from the XML without our reader."""
        money = lambda value: Decimal(f"{value:.2f}")  # noqa: E731
        booked, stated = defaultdict(Decimal), defaultdict(Decimal)
        for line in move.line_ids.filtered("tax_line_id"):
            rate = Decimal(str(line.tax_line_id.amount)).normalize()
            booked[rate] += money(move.direction_sign * line.amount_currency)
        totals = [
            node for node in self._at(root, "TaxTotal") if node.findtext("{*}TaxSubtotal/{*}TaxAmount") is not None
        ]
        self.assertEqual(len(totals), 1)
        for subtotal in totals[0].findall("{*}TaxSubtotal"):
            rate = Decimal(subtotal.findtext("{*}TaxCategory/{*}Percent") or 0).normalize()
            stated[rate] += Decimal(subtotal.findtext("{*}TaxAmount"))
        self.assertEqual({k: v for k, v in stated.items() if v}, {k: v for k, v in booked.items() if v})
        self.assertEqual(Decimal(totals[0].findtext("{*}TaxAmount")), money(move.amount_tax))
        rounding = self._number(root, "LegalMonetaryTotal/PayableRoundingAmount")
        lines = self._number(root, "LegalMonetaryTotal/LineExtensionAmount")
        lines += self._number(root, "LegalMonetaryTotal/ChargeTotalAmount")
        lines -= self._number(root, "LegalMonetaryTotal/AllowanceTotalAmount")
        self.assertEqual(lines + rounding, money(move.amount_untaxed))
        paid = self._number(root, "LegalMonetaryTotal/PrepaidAmount")
        payable = self._number(root, "LegalMonetaryTotal/PayableAmount")
        self.assertEqual(payable + paid, money(move.amount_total))
        if move.move_type == "out_invoice":
            self.assertEqual(payable, money(move.amount_residual))
        else:
            self.assertEqual(paid, 0)
            self.assertEqual(etree.QName(root).localname, "CreditNote")
        self.assertFalse(self._text(root, "AccountingCustomerParty/Party/PartyIdentification/ID"))
        self.assertNotIn("K-100", root.xpath("//text()"))

    def _stopped(self, make, words):
        """Nothing is written, and the reason names ``words`` (a record or number, the same in every language)."""
        for channel in self.facts.formats:
            with self.subTest(channel=channel):
                move = make(einvoice_channel=channel)
                move.einvoice_channel = channel
                self.assertIn(words, "\n".join(move._einvoice_faults()))
                self.assertFalse(move.einvoice_document_ids)

    def _categories(self, *expected):
        """A check of the VAT categories of BIS 3, and that every one but the taxed has its reason."""

        def check(move, root):
            if move.einvoice_channel != "peppol":
                return
            nodes = [node for node in root.iter("{*}TaxCategory") if node.getparent().tag.endswith("}TaxSubtotal")]
            self.assertEqual(sorted(node.findtext("{*}ID") for node in nodes), sorted(expected))
            for node in nodes:
                has_reason = bool(node.findtext("{*}TaxExemptionReason"))
                self.assertEqual(has_reason, node.findtext("{*}ID") not in ("S", "Z"))

        return check

    def _make(self, *lines, partner=None, **fixed):
        """``make`` of one invoice with these lines; VAT of the standard rate unless a line says otherwise."""
        fixed.setdefault("partner_bank_id", self.iban.id)
        return lambda **values: self._invoice(partner or self.customer, lines, **{**fixed, **values})
