from odoo import fields, models

from ..const import CHANNELS, NORDIC


class ResCompany(models.Model):
    _inherit = "res.company"

    einvoice_has_tax_registration = fields.Boolean(
        string="State the Second Tax Registration",
        help="Norway: registered in Foretaksregisteret (AS, ASA and branches must state it). "
        "Sweden: approved for F-tax (Godkänd för F-skatt). Written on every e-invoice.",
    )
    einvoice_pdf = fields.Selection(
        [
            ("made", "The PDF when there is one already"),
            ("always", "Always: make the PDF when there is none"),
            ("never", "No PDF"),
        ],
        string="PDF in E-Invoices",
        required=True,
        default="made",
    )
    einvoice_sender = fields.Selection(
        [("own", "Own access point or folder"), ("core", "Odoo's own registration (Peppol, NemHandel)")],
        string="Who Sends E-Invoices",
        required=True,
        default="own",
        help="One sender per company: the other's ways are refused, so that no invoice leaves twice. Odoo's own "
        "registration carries the same e-invoices; it must be made in the settings of Invoicing first.",
    )
    einvoice_channel = fields.Selection(
        CHANNELS,
        string="Usual Channel",
        help="For customers and invoices without a choice of their own. Empty: by the customer's electronic address.",
    )
    einvoice_fallback = fields.Selection(
        [("mail_print", "E-mail, else print"), ("print", "Print"), ("stop", "Nothing: show it to me")],
        string="When the Channel Is Not Possible",
        required=True,
        default="mail_print",
    )
    einvoice_consent_rule = fields.Selection(
        [("none", "Not asked for"), ("warn", "Warn when it is missing"), ("block", "Stop when it is missing")],
        string="Consent to Electronic Invoices",
        required=True,
        default="none",
    )
    einvoice_lookup = fields.Boolean(
        string="Look Receivers Up",
        help="Ask the public registers whether a customer can receive the e-invoice, before it is sent.",
    )

    def _einvoice_is_ours(self):
        """Whether this addon alone writes and sends the company's e-invoices.

        A company outside the Nordic countries that uses Odoo's own registration keeps core's documents.
        """
        self.ensure_one()
        company = self.sudo()
        return company.einvoice_sender == "own" or company.account_fiscal_country_id.code in NORDIC
