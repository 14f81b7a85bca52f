import uuid
from contextlib import nullcontext

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.transfer_log.posted import INVOICE_CONTENT, changed

from ..const import CHANNEL_FORMATS, CHANNELS, GLN
from ..formats import codes, official, records

BATCH = 200  # documents written and checked before they are saved together
BLOCKED_STATES = ("queued", "sent", "delivered", "accepted", "rejected")
NAMESPACE = uuid.UUID("6a6f2b52-9f0d-5a4e-8d0c-2f3a1c7b9e10")


class AccountMove(models.Model):
    _inherit = "account.move"

    einvoice_channel = fields.Selection(
        CHANNELS,
        string="E-Invoice Channel",
        compute="_compute_einvoice_channel",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="How the customer gets this invoice: from the customer, else from the electronic address and the country.",
    )
    buyer_reference = fields.Char(
        compute="_compute_buyer_reference",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="The customer's own reference: contact person, department, requisition.",
    )
    einvoice_order_reference = fields.Char(
        string="Customer's Order Number",
        compute="_compute_einvoice_order_reference",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
    )
    einvoice_accounting_cost = fields.Char(
        string="Buyer's Account",
        compute="_compute_einvoice_accounting_cost",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="The customer's account string (konteringsstreng).",
    )
    einvoice_document_ids = fields.One2many("nordic.einvoice.document", "move_id", string="E-Documents")
    einvoice_document_count = fields.Integer(compute="_compute_einvoice_document_count", compute_sudo=True)
    einvoice_state = fields.Selection(
        selection=lambda self: self.env["nordic.einvoice.document"]._fields["state"]._description_selection(self.env),
        string="E-Invoice",
        compute="_compute_einvoice_state",
        compute_sudo=True,
        search="_search_einvoice_state",
    )

    einvoice_can_be_made = fields.Boolean(
        string="E-Invoice Can Be Made",
        compute="_compute_einvoice_can_be_made",
        compute_sudo=True,
        search="_search_einvoice_can_be_made",
        help="Posted, with a channel that carries e-invoices, and not sent yet.",
    )

    @api.depends("state", "move_type", "einvoice_channel", "einvoice_document_ids.state")
    def _compute_einvoice_can_be_made(self):
        for move in self:
            is_open = move.state == "posted" and move.move_type in ("out_invoice", "out_refund")
            has_channel = move.einvoice_channel in CHANNEL_FORMATS
            move.einvoice_can_be_made = is_open and has_channel and move.einvoice_state not in BLOCKED_STATES

    def _search_einvoice_can_be_made(self, operator, value):
        if operator != "in":
            return NotImplemented
        can = (
            Domain("state", "=", "posted")
            & Domain("move_type", "in", ("out_invoice", "out_refund"))
            & Domain("einvoice_channel", "in", list(CHANNEL_FORMATS))
            & ~Domain("einvoice_document_ids.state", "in", BLOCKED_STATES)
        )
        return can if True in value else ~can

    @api.depends("partner_id", "move_type")
    def _compute_einvoice_channel(self):
        for move in self:
            if move.state and move.state != "draft" and move.einvoice_channel:
                continue
            move.einvoice_channel = move._einvoice_default_channel() if move.is_sale_document() else False

    @api.depends("partner_id")
    def _compute_buyer_reference(self):
        self._einvoice_take_default("buyer_reference", "buyer_reference")

    @api.depends("partner_id")
    def _compute_einvoice_accounting_cost(self):
        self._einvoice_take_default("einvoice_accounting_cost", "einvoice_accounting_cost")

    @api.depends("partner_id", "ref")
    def _compute_einvoice_order_reference(self):
        self._einvoice_take_default("einvoice_order_reference", "einvoice_order_reference")

    def _einvoice_take_default(self, name, partner_field):
        """A reference typed on the invoice stays; a credit note takes those of its invoice."""
        for move in self:
            if not move.is_sale_document() or (move.state == "posted" and move[name]):
                continue
            origin = move.reversed_entry_id
            own = move._einvoice_own_order_reference() if name == "einvoice_order_reference" else ""
            partner = move.partner_id
            default = partner[partner_field] or partner.commercial_partner_id[partner_field]
            move[name] = own or origin[name] or default or move[name]

    def _einvoice_own_order_reference(self):
        """The customer's order number as the invoice has it. Extended by the joint with sales.

        That is core's customer reference, except on credit notes, where core writes a text of its own.
        """
        self.ensure_one()
        return self.ref if self.move_type == "out_invoice" else ""

    def _einvoice_default_channel(self):
        self.ensure_one()
        partner = self.partner_id.with_company(self.company_id)
        chosen = partner.einvoice_channel or partner.commercial_partner_id.einvoice_channel
        if chosen or not partner:
            return chosen
        endpoint = partner._einvoice_endpoint() if partner.einvoice_kind != "person" else None
        if not endpoint or endpoint.scheme in ("EM", "AN", "AQ", "AS", "AU"):
            return "mail"
        is_danish = partner._einvoice_country() == self.company_id.account_fiscal_country_id.code == "DK"
        return "nemhandel" if is_danish else "peppol"

    @api.depends("einvoice_document_ids")
    def _compute_einvoice_document_count(self):
        for move in self:
            move.einvoice_document_count = len(move.einvoice_document_ids)

    @api.depends("einvoice_document_ids.state")
    def _compute_einvoice_state(self):
        for move in self:
            move.einvoice_state = move.einvoice_document_ids[:1].state

    def _search_einvoice_state(self, operator, value):
        return [("einvoice_document_ids.state", operator, value)]

    def _einvoice_uuid(self):
        """The same for the same invoice of the same database, whoever writes it and how often."""
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return str(uuid.uuid5(NAMESPACE, f"{database}/{self.company_id.id}/{self.move_type}/{self.id}/{self.name}"))

    # --- what stops it -------------------------------------------------------------------------------------------
    def _einvoice_faults(self, is_draft_fine=False):
        """What stops an e-invoice of this document, in a bookkeeper's words. Empty: nothing is known to stop it."""
        self.ensure_one()
        if self.move_type not in ("out_invoice", "out_refund"):
            return [self.env._("Only customer invoices and credit notes are sent as e-invoices.")]
        faults = []
        if self.state != "posted" and not is_draft_fine:
            faults.append(self.env._("The invoice is not posted yet."))
        if not self._einvoice_format():
            label = dict(self._fields["einvoice_channel"]._description_selection(self.env)).get(self.einvoice_channel)
            faults.append(
                self.env._(
                    "The channel of this invoice is “%(channel)s”, which needs no e-invoice. Choose NemHandel or "
                    "Peppol on the tab Other Info if the customer wants one.",
                    channel=label or self.env._("none"),
                )
            )
            return faults
        faults += self._einvoice_supplier_faults() + self._einvoice_customer_faults() + self._einvoice_line_faults()
        faults += self._einvoice_attachment_faults()
        return faults

    def _einvoice_supplier_faults(self):
        partner, faults = self.company_id.partner_id, []
        name = partner.display_name
        if not partner.country_id:
            faults.append(self.env._("Your company %(name)s has no country in its address.", name=name))
        if not partner._einvoice_endpoint(self.einvoice_channel):
            faults.append(
                self.env._("Your company %(name)s has no electronic address. Fill in its company number.", name=name)
            )
        if partner.country_id.code in codes.LEGAL_SCHEMES:
            faults += self._einvoice_company_number_faults()
        return faults

    def _einvoice_company_number_faults(self):
        partner = self.company_id.partner_id
        if partner._einvoice_legal_id():
            return []
        return [
            self.env._(
                "Your company %(name)s has no valid company number (CVR, organisation number).",
                name=partner.display_name,
            )
        ]

    def _einvoice_customer_faults(self):
        partner, faults = self.partner_id, []
        name = partner.display_name
        if not partner._einvoice_country():
            faults.append(self.env._("The customer %(name)s has no country in the address.", name=name))
        endpoint = partner._einvoice_endpoint(self.einvoice_channel)
        if not endpoint:
            faults.append(
                self.env._(
                    "The customer %(name)s has no electronic address (GLN/EAN, CVR, organisation number). Fill it in "
                    "on the customer, tab Accounting.",
                    name=name,
                )
            )
        elif self._einvoice_format() == codes.OIOUBL and endpoint.scheme not in codes.OIOUBL_SCHEMES:
            faults.append(self.env._("NemHandel does not know the kind of electronic address of %(name)s.", name=name))
        faults += self._einvoice_reference_faults()
        return faults

    def _einvoice_missing_reference(self):
        """Why a public authority would refuse the invoice, whatever way it goes; or an empty string."""
        partner = self.partner_id
        if self.buyer_reference or self.einvoice_order_reference or not partner.einvoice_needs_reference:
            return ""
        endpoint = partner._einvoice_endpoint()
        if endpoint and endpoint.scheme == GLN:
            return self.env._(
                "%(name)s is a public customer with the GLN/EAN %(number)s and refuses invoices without a "
                "reference. Ask for the order number or the contact person's reference and fill it in on the tab "
                "Other Info.",
                name=partner.display_name,
                number=endpoint.value,
            )
        return self.env._(
            "%(name)s is a public authority and refuses invoices without a reference. Ask for the order number or the "
            "contact person's reference and fill it in on the tab Other Info.",
            name=partner.display_name,
        )

    def _einvoice_reference_faults(self):
        if self.buyer_reference or self.einvoice_order_reference:
            return []
        name = self.partner_id.display_name
        if missing := self._einvoice_missing_reference():
            return [missing]
        if self._einvoice_format() == codes.BIS3:
            return [
                self.env._(
                    "Peppol needs the customer's reference or order number, and %(name)s has neither. Fill in one of "
                    "them on the tab Other Info, or a standing reference on the customer.",
                    name=name,
                )
            ]
        return []

    def _einvoice_line_faults(self):
        faults, found = [], set()
        lines = self._einvoice_amount_lines()
        if all(line.product_id.einvoice_is_document_charge for line in lines):
            faults.append(self.env._("The invoice has no lines with an amount."))
        categories = {}
        for line in lines:
            label = " ".join((line.name or line.product_id.display_name or "").split())[:60]
            tax = self._einvoice_line_tax(line)
            if not label:
                faults.append(self.env._("A line has neither a product nor a text."))
            if not tax:
                faults.append(self.env._("The line “%(line)s” needs exactly one VAT tax.", line=label))
                continue
            if tax not in categories:
                categories[tax] = tax._einvoice_category()
            category = categories[tax]
            if category is None:
                faults.append(
                    self.env._(
                        "The tax %(tax)s has no VAT category. Set it on the tax: Z zero rated, E exempt, AE reverse "
                        "charge, K sale to the EU, G export, O outside the VAT act.",
                        tax=tax.name,
                    )
                )
            else:
                found.add(category.code)
        return list(dict.fromkeys(faults)) + self._einvoice_category_faults(found)

    def _einvoice_category_faults(self, found):
        """What the VAT categories demand of both parties, and of each other."""
        customer, faults = self.partner_id, self._einvoice_customer_number_faults(found)
        if "O" in found and len(found) > 1:
            faults.append(self.env._("Lines outside the VAT act cannot be on one e-invoice with other lines."))
        if "K" in found:
            seller = self.company_id.partner_id._einvoice_country()
            buyer = customer._einvoice_country()
            if not {seller, buyer} <= codes.EU_COUNTRIES:
                faults.append(
                    self.env._(
                        "The tax says sale within the EU (K), but %(country)s is not in the EU: use the tax for "
                        "export.",
                        country=buyer if seller in codes.EU_COUNTRIES else seller,
                    )
                )
        return faults

    def _einvoice_customer_number_faults(self, found):
        """What sales within the EU (K) and reverse charge (AE) demand of the customer."""
        customer = self.partner_id
        if not found & {"K", "AE"} or customer._einvoice_vat() or ("K" not in found and customer._einvoice_legal_id()):
            return []
        return [
            self.env._(
                "Sale to the EU and reverse charge need the customer's VAT number, and %(name)s has none.",
                name=customer.display_name,
            )
        ]

    def _einvoice_check_books(self, invoice):
        """The document must say what the books say: net, VAT per rate and total, to the øre."""
        self.ensure_one()
        net = invoice.totals.tax_exclusive + invoice.totals.rounding - self._einvoice_taken_off()
        pairs = [
            (self.env._("net amount"), net, self.amount_untaxed),
            (self.env._("VAT"), invoice.totals.tax, self.amount_tax),
            (self.env._("total"), net + invoice.totals.tax, self.amount_total),
        ]
        booked = {subtotal.tax.rate or 0: 0 for subtotal in invoice.tax_subtotals}
        for line in self.line_ids.filtered("tax_line_id"):
            rate = records.Decimal(str(line.tax_line_id.amount))
            booked[rate] = booked.get(rate, 0) + self.direction_sign * line.amount_currency
        for rate, amount in booked.items():
            stated = sum(s.amount for s in invoice.tax_subtotals if (s.tax.rate or 0) == rate)
            pairs.append((self.env._("VAT at %(rate)s %%", rate=rate), stated, amount))
        differences = [
            self.env._(
                "%(what)s: e-invoice %(stated)s, books %(booked)s, difference %(difference)s",
                what=what,
                stated=f"{stated:.2f}",
                booked=f"{booked_amount:.2f}",
                difference=f"{stated - self._einvoice_amount(booked_amount):.2f}",
            )
            for what, stated, booked_amount in pairs
            if records.cents(stated) != self._einvoice_amount(booked_amount)
        ]
        if differences:
            raise UserError(
                self.env._(
                    "%(invoice)s is not sent, because the e-invoice would not agree with the books:\n%(differences)s",
                    invoice=self.display_name,
                    differences="\n".join(differences),
                )
            )

    # --- actions -------------------------------------------------------------------------------------------------
    def action_create_einvoice(self):
        """Write and check the e-invoices of these documents, then show them."""
        if len(self) == 1:
            self._einvoice_create_document()
        else:
            self._einvoice_create_documents()
        return self.action_view_einvoices()

    def _einvoice_create_documents(self, runner=None):
        """Many at once: what stops one is kept on its document and does not stop the others."""
        documents = self.env["nordic.einvoice.document"]
        with nullcontext(runner) if runner else official.RuleRunner() as shared:
            for start in range(0, len(self), BATCH):
                documents |= self[start : start + BATCH]._einvoice_create_batch(shared, keep_faults=True)
        return documents

    def _einvoice_create_document(self, runner=None, keep_faults=False):
        """Write, check and save the e-invoice of one posted document; never a second one.

        :return: nordic.einvoice.document
        """
        self.ensure_one()
        return self._einvoice_create_batch(runner, keep_faults)

    def _einvoice_create_batch(self, runner, keep_faults):
        """Everything is written and checked first, then saved together. A fault is kept, or raised."""
        self.lock_for_update()
        Document = self.env["nordic.einvoice.document"]
        existing, made, failed = Document, {}, {}
        for move in self:
            document = move.einvoice_document_ids.filtered(lambda each: each.direction == "out")[:1]
            existing |= document
            try:
                if document.state in BLOCKED_STATES:
                    if keep_faults:
                        continue
                    raise UserError(
                        self.env._(
                            "The e-invoice of %(invoice)s is already on its way; it is not made again.",
                            invoice=move.name,
                        )
                    )
                if faults := move._einvoice_faults():
                    raise UserError("\n".join(faults))
                made[move] = Document._make_outgoing(move, runner)
            except UserError as error:
                if not keep_faults:
                    raise
                failed[move] = str(error)
        self.filtered(lambda move: move in made and move.einvoice_posting_fault).einvoice_posting_fault = False
        return Document._store_outgoing(existing, made, failed)

    def action_view_einvoices(self):
        documents = self.einvoice_document_ids
        kind = "in" if documents and documents[0].direction == "in" else "out"
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"nordic_einvoice.nordic_einvoice_document_action_{kind}"
        )
        if len(documents) == 1:
            view = self.env.ref("nordic_einvoice.nordic_einvoice_inbox_view_form") if kind == "in" else None
            action |= {"view_mode": "form", "views": [(view and view.id, "form")], "res_id": documents.id}
        else:
            action["domain"] = [("id", "in", documents.ids)]
        return action

    def unlink(self):
        # EXTENDS 'account'
        documents = self.einvoice_document_ids
        documents.filtered(lambda each: each.direction == "out" and each.state not in BLOCKED_STATES).sudo().unlink()
        for document in documents.exists().filtered(lambda each: each.direction == "in"):
            # the bill goes, what the vendor sent stays
            file_sudo = document.attachment_id.sudo()
            if file_sudo.res_model == self._name:
                file_sudo.write({"res_model": document._name, "res_id": document.id})
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent_einvoice(self):
        if self.einvoice_document_ids.filtered(lambda each: each.direction == "out"):
            raise UserError(
                self.env._("An invoice that was sent as an e-invoice cannot be deleted. Make a credit note instead.")
            )

    # --- posted is posted ----------------------------------------------------------------------------------------
    def write(self, vals):
        # EXTENDS 'account'
        if vals.get("state") in ("draft", "cancel"):
            # whatever way it came: a button, an import, another program
            self._check_einvoice_not_sent()
        changed(self, vals, INVOICE_CONTENT)._check_einvoice_not_sent()
        return super().write(vals)

    def _check_einvoice_not_sent(self):
        sent = self.sudo().einvoice_document_ids.filtered(
            lambda each: each.direction == "out" and each.state in BLOCKED_STATES
        )
        if sent:
            raise UserError(
                self.env._(
                    "%(invoice)s was sent as an e-invoice and cannot be changed. Make a credit note and a new "
                    "invoice instead.",
                    invoice=sent.move_id[:1].name,
                )
            )

    def button_draft(self):
        # EXTENDS 'account'
        self._check_einvoice_not_sent()
        result = super().button_draft()
        self.einvoice_document_ids.filtered(lambda each: each.direction == "out")._mark_outdated()
        return result
