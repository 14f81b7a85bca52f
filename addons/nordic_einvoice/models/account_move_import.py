"""E-invoices that come in through core: dropped on a purchase journal or on a bill, or fetched by Odoo's own
registration. Core has made an empty draft by then; our reader fills it, or the document says why it waits."""

import re

from odoo import api, fields, models

from ..const import NETWORKS

PRIORITY = 30  # core's own reader has 20
ROOT = re.compile(
    r"\{urn:oasis:names:specification:ubl:schema:xsd:(Invoice|CreditNote)-2\}(Invoice|CreditNote)"
    r"|\{[^}]*\}StandardBusinessDocument"
)


class AccountMove(models.Model):
    _inherit = "account.move"

    einvoice_draft_document_ids = fields.One2many(
        "nordic.einvoice.document", "draft_move_id", string="Documents Received for This Draft"
    )
    einvoice_waiting_id = fields.Many2one(
        "nordic.einvoice.document",
        string="E-Document That Waits",
        compute="_compute_einvoice_waiting_id",
        compute_sudo=True,
        help="Received for this draft, and not read into it yet.",
    )
    einvoice_waiting_reason = fields.Text(
        string="Why It Waits", compute="_compute_einvoice_waiting_id", compute_sudo=True
    )

    @api.depends(
        "einvoice_draft_document_ids.move_id",
        "einvoice_draft_document_ids.refused_date",
        "einvoice_draft_document_ids.error_message",
    )
    def _compute_einvoice_waiting_id(self):
        for move in self:
            received = move.einvoice_draft_document_ids
            waiting = received.filtered(lambda one: not one.move_id and not one.refused_date)[:1]
            move.einvoice_waiting_id = waiting
            move.einvoice_waiting_reason = waiting.error_message

    def action_open_einvoice_waiting(self):
        self.ensure_one()
        return self.einvoice_waiting_id.get_formview_action()

    # --- core's framework of decoders ----------------------------------------------------------------------------
    def _get_edi_decoder(self, file_data, new=False):
        # EXTENDS 'account': bills are read by our reader, which keeps every amount
        tree = file_data.get("xml_tree")
        is_damaged = tree is None and (file_data["name"] or "").lower().endswith(".xml")  # told, and kept as it came
        is_ours = is_damaged or (tree is not None and ROOT.fullmatch(str(tree.tag)))
        if is_ours and self._einvoice_is_bill_to_be():
            return {"priority": PRIORITY, "decoder": self._einvoice_decode}
        return super()._get_edi_decoder(file_data, new)

    def _einvoice_is_bill_to_be(self):
        """A bill, or the entry without a type that core makes for a file dropped on a purchase journal."""
        kind = self[:1].move_type or self.env.context.get("default_move_type")
        if kind == "entry":
            return self[:1].journal_id.type == "purchase"
        return kind in self.get_purchase_types()

    @api.model
    def _einvoice_decode(self, move, file_data, new):
        """Read one file into ``move``, a draft without lines.

        :return: None, or in words why the draft stays empty
        """
        if reason := move._reason_cannot_decode_has_invoice_lines():
            return reason
        if move.move_type == "entry":
            move.move_type = "in_invoice"
        channel, remote = move._einvoice_core_origin()
        document = self.env["nordic.einvoice.document"]._einvoice_receive(
            file_data["raw"], file_data["name"], channel, remote, company=move.company_id, draft=move
        )
        if document.move_id == move:
            return None
        if document.draft_move_id == move:
            return document.error_message or self.env._("It is kept under E-Invoices > Received.")
        if new:
            move.button_cancel()
        return self.env._(
            "The same document was received before and is not booked twice: %(document)s, %(bill)s.",
            document=document.display_name,
            bill=document.move_id.display_name if document.move_id else self.env._("without a bill"),
        )

    def _einvoice_core_origin(self):
        """(channel, number of the delivery) of a draft that core made."""
        for network in NETWORKS.values():
            if network.message in self._fields and self[network.message]:
                return "provider", f"core/{self[network.message]}"
        return "upload", None

    def _autopost_bill(self):
        # EXTENDS 'account': the vendor's setting holds for what nobody has to look at
        document = self.einvoice_received_id
        if document and (self.state != "draft" or not document._einvoice_is_clean()):
            return None  # core asks a second time after an upload
        return super()._autopost_bill()

    def _link_bill_origin_to_purchase_orders(self, timeout=10):
        # EXTENDS 'account': the order was found by the document's own words, and its values stay
        read = self.filtered("einvoice_received_id")
        super(AccountMove, self - read)._link_bill_origin_to_purchase_orders(timeout=timeout)
        return self


class NordicEinvoiceDocument(models.Model):
    _inherit = "nordic.einvoice.document"

    draft_move_id = fields.Many2one(
        "account.move",
        string="Draft to Fill",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        readonly=True,
        copy=False,
        help="The empty draft bill that was made when the file was dropped on the purchase journal.",
    )

    def _einvoice_draft(self):
        """The draft bill this document was received for, if it still waits for its content."""
        self.ensure_one()
        draft = self.draft_move_id
        is_empty = draft.state == "draft" and draft.is_purchase_document() and not draft.invoice_line_ids
        return draft if is_empty else draft.browse()

    def _einvoice_is_clean(self):
        """Nothing about this document asks for a person."""
        self.ensure_one()
        return not (self.error_message or self.note or self.fatal_count or self.account_state == "new")

    def _answer(self, code, reason="", text=""):
        answer = super()._answer(code, reason, text)
        if code == "RE":
            self._einvoice_draft().button_cancel()  # nothing will fill it any more
        return answer
