from dataclasses import dataclass

from odoo import Command, api, fields, models

from ..const import CHANNEL_FORMATS, CHANNELS


@dataclass(frozen=True)
class Item:
    """One thing an invoice needs. ``target``: the record where it is put right."""

    name: str
    is_met: bool
    advice: str = ""
    target: object = None
    is_needed: bool = True


class NordicEinvoiceReadiness(models.TransientModel):
    """What is missing before a company can send e-invoices."""

    _name = "nordic.einvoice.readiness"
    _description = "What Is Missing Before You Can Send"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    line_ids = fields.One2many("nordic.einvoice.readiness.line", "readiness_id", readonly=True)
    missing_count = fields.Integer(compute="_compute_missing_count")

    @api.depends_context("lang")
    def _compute_display_name(self):
        for readiness in self:
            readiness.display_name = self.env._("What Is Missing Before You Can Send")

    @api.depends("line_ids.state")
    def _compute_missing_count(self):
        for readiness in self:
            readiness.missing_count = len(readiness.line_ids.filtered(lambda line: line.state == "missing"))

    @api.model
    def action_open(self):
        company = self.env.company
        readiness = self.create({"company_id": company.id})
        readiness._fill()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What Is Missing Before You Can Send"),
            "res_model": self._name,
            "res_id": readiness.id,
            "views": [(False, "form")],
        }

    def action_check_again(self):
        self._fill()
        return True

    def _fill(self):
        self.ensure_one()
        lines = [
            Command.create(
                {
                    "name": item.name,
                    "state": "ok" if item.is_met else "missing" if item.is_needed else "advice",
                    "advice": "" if item.is_met else item.advice,
                    "res_model": item.target._name if item.target else False,
                    "res_id": item.target[:1].id if item.target else False,
                }
            )
            for item in self._items()
        ]
        self.line_ids = [Command.clear(), *sorted(lines, key=lambda line: line[2]["state"] == "ok")]

    def _items(self):
        """Everything the company's e-invoices need, by country."""
        company = self.company_id.with_company(self.company_id)
        country = company.account_fiscal_country_id.code
        items = [*self._party_items(company, country), *self._payment_items(company, country)]
        if country in ("NO", "SE"):
            items.append(self._tax_registration_item(company, country))
        return [*items, *self._sending_items(company, country), *self._tax_items(company)]

    def _party_items(self, company, country):
        partner = company.partner_id
        number = {"DK": "CVR", "NO": "organisasjonsnummer", "SE": "organisationsnummer", "FI": "Y-tunnus"}.get(country)
        is_complete = bool(partner.street and partner.zip and partner.city and partner.country_id)
        return [
            Item(
                self.env._("Address of your company"),
                is_complete,
                self.env._("Fill in street, postal code, city and country."),
                partner,
            ),
            Item(
                self.env._("Company number (%s)", number or self.env._("by country")),
                bool(partner._einvoice_legal_id()),
                self.env._("Fill in the company number on your company's contact, without blanks."),
                partner,
            ),
            Item(
                self.env._("VAT number"),
                bool(partner._einvoice_vat()),
                self.env._("Fill in the VAT number. Without one only invoices without VAT can be sent."),
                partner,
                is_needed=False,
            ),
            Item(
                self.env._("Electronic address of your company"),
                bool(partner._einvoice_endpoint()),
                self.env._("It follows from the company number in the Nordic countries; else fill it in."),
                partner,
            ),
        ]

    def _payment_items(self, company, country):
        banks = company.partner_id.bank_ids
        agreements = self.env["payment.reference.agreement"].search_count([("company_id", "=", company.id)], limit=1)
        kind = {"DK": "FIK 71/75", "NO": "KID", "SE": "OCR", "FI": "viite"}.get(country)
        items = [
            Item(
                self.env._("Bank account or payment agreement"),
                bool(banks or agreements),
                self.env._("Add the bank account that customers pay to on your company's contact."),
                company.partner_id,
            )
        ]
        if kind:
            items.append(
                Item(
                    self.env._("Payment reference (%s)", kind),
                    bool(agreements),
                    self.env._("Set up the agreement, so that payments find their invoice: Payment References."),
                    is_needed=False,
                )
            )
        return items

    def _tax_registration_item(self, company, country):
        name = "Foretaksregisteret" if country == "NO" else "Godkänd för F-skatt"
        return Item(
            self.env._("“%s” on invoices", name),
            company.einvoice_has_tax_registration,
            self.env._("Tick it in the settings, if your company is registered."),
            company,
            is_needed=False,
        )

    def _sending_items(self, company, country):
        channels = CHANNEL_FORMATS if country == "DK" else ["peppol"]
        if company.einvoice_sender == "core":
            return [self._core_item(company, channel) for channel in channels]
        Connection, items = self.env["transfer.connection"], []
        if company._einvoice_core_networks():
            items.append(self._two_receivers_item(company))
        labels = dict(CHANNELS)
        for channel in channels:
            sender = Connection._einvoice_sender(company, channel)
            items.append(
                Item(
                    self.env._("Sender for %s", labels[channel]),
                    bool(sender),
                    self.env._("Set up an access point or a folder under Transfers. Until then files go by hand."),
                    is_needed=False,
                )
            )
            if sender:
                items.append(
                    Item(
                        self.env._("%s works", sender.name),
                        sender.state == "ok" and not sender.is_paused,
                        sender.state_message or self.env._("The connection is paused."),
                        sender,
                    )
                )
        items.append(
            Item(
                self.env._("Receivers are looked up"),
                company.einvoice_lookup,
                self.env._("Tick it in the settings: whoever cannot receive e-invoices is then seen before."),
                company,
                is_needed=False,
            )
        )
        return items

    def _core_item(self, company, channel):
        return Item(
            self.env._("Odoo's own registration for %s", dict(CHANNELS)[channel]),
            channel in company._einvoice_core_networks(),
            self.env._("Register your company in the settings of Invoicing; until then nothing goes this way."),
            company,
        )

    def _two_receivers_item(self, company):
        return Item(
            self.env._("One access point for your company"),
            not company._einvoice_core_networks(),
            self.env._(
                "Your company is registered with Odoo's own access point, too: what others send may arrive there. "
                "End that registration in the settings, or choose it as the sender."
            ),
            company,
        )

    def _tax_items(self, company):
        taxes = self.env["account.tax"].search(
            [
                ("company_id", "=", company.id),
                ("type_tax_use", "=", "sale"),
                ("amount", "=", 0),
                ("amount_type", "=", "percent"),
            ]
        )
        unknown = taxes.filtered(lambda tax: not tax._einvoice_category())
        return [
            Item(
                self.env._("Category of taxes of 0 %"),
                not unknown,
                self.env._("Without a category: %s. Choose one on the tax.", ", ".join(unknown.mapped("name")[:5])),
                unknown[:1],
                is_needed=False,
            )
        ]


class NordicEinvoiceReadinessLine(models.TransientModel):
    _name = "nordic.einvoice.readiness.line"
    _description = "What an E-Invoice Needs"

    readiness_id = fields.Many2one("nordic.einvoice.readiness", required=True, ondelete="cascade", index=True)
    name = fields.Char(string="What", readonly=True)
    state = fields.Selection([("ok", "In order"), ("missing", "Missing"), ("advice", "Advice")], readonly=True)
    advice = fields.Char(string="What to Do", readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Integer(readonly=True)

    def action_open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
