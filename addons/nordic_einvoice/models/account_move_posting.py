"""What would stop an e-invoice is told when the invoice is posted, or for many before, not first when it is sent."""

import logging

import psycopg2

from odoo import fields, models
from odoo.exceptions import UserError

from ..formats import official, texts, validation

_logger = logging.getLogger(__name__)


class ResCompany(models.Model):
    _inherit = "res.company"

    einvoice_posting_rule = fields.Selection(
        [
            ("warn", "Tell what would stop the e-invoice"),
            ("block", "Post nothing that could not be sent"),
            ("none", "Do not check"),
        ],
        string="When Invoices Are Posted",
        required=True,
        default="warn",
        help="For invoices whose channel is NemHandel or Peppol: written, compared with the books, and checked by the "
        "schema and our own rules. The official rules run when the e-invoice is made.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    einvoice_posting_rule = fields.Selection(related="company_id.einvoice_posting_rule", readonly=False)


class AccountMove(models.Model):
    _inherit = "account.move"

    einvoice_posting_fault = fields.Text(
        string="What Would Stop the E-Invoice",
        readonly=True,
        copy=False,
        help="Found when the invoice was posted or checked; looked at again when the e-invoice is made.",
    )

    def _post(self, soft=True):
        # EXTENDS 'account'
        posted = super()._post(soft=soft)
        checked = posted.filtered(lambda move: move.company_id.sudo().einvoice_posting_rule != "none")
        found = checked._einvoice_check()
        refused = {
            move: text
            for move, text in found.items()
            if text and move.company_id.sudo().einvoice_posting_rule == "block"
        }
        if refused:
            raise UserError(
                self.env._(
                    "Not posted, because the e-invoice could not be sent:\n%s",
                    "\n".join(f"{move.partner_id.display_name}: {text}" for move, text in refused.items()),
                )
            )
        return posted

    def action_einvoice_check(self):
        """Check these invoices, posted or not, as their e-invoices would be; show those that would be stopped."""
        found = self._einvoice_check()
        stopped = [move.id for move, text in found.items() if text]
        if len(self) > 1 and stopped:
            action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
            return action | {"domain": [("id", "in", stopped)], "context": {"create": False}}
        message = self.env._(
            "Invoices with an e-invoice: %(count)s, of which would be stopped: %(stopped)s.",
            count=len(found),
            stopped=len(stopped),
        )
        kind = "warning" if stopped else "success"
        done = {"type": "ir.actions.act_window_close"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "message": message, "next": done},
        }

    def _einvoice_check(self):
        """Look at the invoices and credit notes that leave as e-invoices, and note what would stop each.

        :return: ``{move: text}``, "" where nothing would
        """
        found = {}
        runner = official.NoRunner()
        for move in self.with_context(einvoice_without_pdf=True):
            if move._einvoice_is_to_leave():
                found[move] = move._einvoice_check_one(runner)
        for move, text in found.items():
            if (move.einvoice_posting_fault or "") != text:
                move.einvoice_posting_fault = text or False
        return found

    def _einvoice_is_to_leave(self):
        """Whether this is to be sent as an e-invoice and was not yet. Extended by the joint with prepayments."""
        self.ensure_one()
        is_sale = self.move_type in ("out_invoice", "out_refund")
        sent = self.einvoice_document_ids.filtered(lambda one: one.direction == "out" and one._is_kept())
        return bool(is_sale and self._einvoice_format() and not sent)

    def _einvoice_check_one(self, runner):
        self.ensure_one()
        try:
            faults = self._einvoice_faults(is_draft_fine=True)
            if not faults and self.state == "posted":
                faults = self._einvoice_rule_faults(runner)
            return "\n".join(faults)
        except UserError as error:
            return str(error)
        except psycopg2.Error:
            raise
        except Exception:
            _logger.exception("The e-invoice of %s could not be checked", self.display_name)
            return ""  # a fault of ours stops no posting; making the e-invoice tells it

    def _einvoice_rule_faults(self, runner):
        data, root, _amounts = self.env["nordic.einvoice.document"]._write_outgoing(self)
        result = validation.validate(data, runner, root=root)
        language = texts.language_of(self.env.lang)
        return [
            f"{texts.message(one.text, one.values, language) or one.message} ({one.rule})"
            for one in result.findings
            if one.severity == validation.FATAL
        ]
