"""What an invoice lacks is told when it is posted, or for many before, not first when it is sent."""

import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..const import NORDIC
from ..formats import official, texts, validation

_logger = logging.getLogger(__name__)


class ResCompany(models.Model):
    _inherit = "res.company"

    einvoice_posting_rule = fields.Selection(
        [
            ("warn", "Tell what is missing"),
            ("block", "Post nothing that lacks something"),
            ("none", "Do not check"),
        ],
        string="When Invoices Are Posted",
        required=True,
        default="warn",
        help="E-invoices are written, compared with the books, and checked by the schema and our own rules; the "
        "official rules run when the e-invoice is made. On other invoices: what the law asks for.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    einvoice_posting_rule = fields.Selection(related="company_id.einvoice_posting_rule", readonly=False)


class AccountMove(models.Model):
    _inherit = "account.move"

    einvoice_posting_fault = fields.Text(
        string="What Is Missing",
        readonly=True,
        copy=False,
        help="Found when the invoice was posted or checked: what would stop its e-invoice, or what the law asks for.",
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
                    "Not posted, because something is missing:\n%s",
                    "\n".join(f"{move.partner_id.display_name}: {text}" for move, text in refused.items()),
                )
            )
        return posted

    def action_einvoice_check(self):
        """Check these invoices, posted or not; show those that lack something."""
        self.check_access("read")
        found = self._einvoice_check()
        stopped = [move.id for move, text in found.items() if text]
        if len(self) > 1 and stopped:
            action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
            return action | {"domain": [("id", "in", stopped)], "context": {"create": False}}
        message = self.env._(
            "Checked: %(count)s, of which lack something: %(stopped)s.",
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
        """Look at invoices and credit notes that have not left, and note what would stop each e-invoice, and what the
        law asks for on the others.

        :return: ``{move: text}``, "" where nothing was found
        """
        found = {}
        runner = official.NoRunner()
        for move in self.sudo().with_context(einvoice_without_pdf=True):  # whoever posts need not see all of it
            if move._einvoice_is_to_leave():
                found[move] = move._einvoice_check_one(runner)
        self._einvoice_note_faults({m: text for m, text in found.items() if (m.einvoice_posting_fault or "") != text})
        return found

    @api.model
    def _einvoice_note_faults(self, found):
        """Keep ``{move: text}`` in one statement: writing a posted entry asks a dozen questions about each, and none is
        about this."""
        if not found:
            return
        moves = self.browse([move.id for move in found])
        moves.flush_recordset(["einvoice_posting_fault"])
        rows = SQL(", ").join(SQL("(%s::int, %s::text)", move.id, text or None) for move, text in found.items())
        self.env.cr.execute(
            SQL(
                "UPDATE account_move SET einvoice_posting_fault = found.fault"
                " FROM (VALUES %s) AS found (id, fault) WHERE account_move.id = found.id",
                rows,
            )
        )
        moves.invalidate_recordset(["einvoice_posting_fault"])

    def _einvoice_is_to_leave(self):
        """Whether this goes to a customer and has not left as an e-invoice. Extended by the joint with prepayments."""
        self.ensure_one()
        is_ours = self.company_id.account_fiscal_country_id.code in NORDIC or self._einvoice_format()
        sent = self.einvoice_document_ids.filtered(lambda one: one.direction == "out" and one._is_kept())
        return bool(self.move_type in ("out_invoice", "out_refund") and is_ours and not sent)

    def _einvoice_check_one(self, runner):
        self.ensure_one()
        try:
            if not self._einvoice_format():
                return "\n".join(self._einvoice_legal_faults())
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
