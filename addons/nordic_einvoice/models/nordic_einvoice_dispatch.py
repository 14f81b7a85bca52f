import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import pdf

from ..const import CHANNEL_FORMATS, CHANNELS
from ..formats import print_file
from ..formats.official import RuleRunner

_logger = logging.getLogger(__name__)

BATCH = 20
LIVING = ("planned", "paper", "done")
LEFT = ("sent", "delivered", "accepted", "rejected")


class NordicEinvoiceDispatch(models.Model):
    """One invoice on its way to the customer, whatever the channel: what was planned, why, and what came of it."""

    _name = "nordic.einvoice.dispatch"
    _inherit = ["system.fields.mixin"]
    _description = "Sending of an Invoice"
    _order = "id desc"
    _rec_name = "move_id"
    _check_company_auto = True

    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(related="move_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="move_id.partner_id", store=True)
    currency_id = fields.Many2one(related="move_id.currency_id")
    amount_total = fields.Monetary(related="move_id.amount_total")
    channel = fields.Selection(CHANNELS, required=True, readonly=True)
    reason = fields.Char(readonly=True)
    planned_date = fields.Date(string="Send On", required=True, readonly=True)
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("paper", "To print"),
            ("done", "Sent"),
            ("failed", "Stopped"),
            ("recalled", "Recalled"),
        ],
        required=True,
        default="planned",
        readonly=True,
        index=True,
    )
    is_living = fields.Boolean(compute="_compute_is_living", search="_search_is_living")
    error_message = fields.Text(string="What Stops It", readonly=True)
    warning = fields.Text(string="Note", readonly=True)
    document_id = fields.Many2one("nordic.einvoice.document", string="E-Document", readonly=True, check_company=True)
    document_state = fields.Selection(related="document_id.state", string="E-Invoice")
    user_id = fields.Many2one("res.users", string="Sent By", readonly=True)
    done_date = fields.Datetime(string="Sent At", readonly=True)
    paper_user_id = fields.Many2one("res.users", string="Printed By", readonly=True)
    paper_date = fields.Datetime(string="Sent on Paper", readonly=True)

    _move_uniq = models.UniqueIndex(
        "(move_id) WHERE state IN ('planned', 'paper', 'done')", "This invoice is already being sent."
    )

    @api.depends("state")
    def _compute_is_living(self):
        for dispatch in self:
            dispatch.is_living = dispatch.state in LIVING

    def _search_is_living(self, operator, value):
        if operator != "in":
            return NotImplemented
        living = Domain("state", "in", LIVING)
        return living if True in value else ~living

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if any(dispatch.state == "done" for dispatch in self):
            raise UserError(self.env._("What was sent is kept in the list."))

    # --- planning ------------------------------------------------------------------------------------------------
    @api.model
    def _plan(self, ways, day):
        """Put invoices on the list: ``{move: Way}``. Those with a problem are listed as stopped, with the reason."""
        values = [
            {
                "move_id": move.id,
                "channel": way.channel,
                "reason": way.reason,
                "planned_date": day,
                "state": "failed" if way.problem else "planned",
                "error_message": way.problem or False,
                "warning": way.warning or False,
                "user_id": self.env.uid,
            }
            for move, way in ways.items()
        ]
        dispatches = self._system_create(values)
        self._trigger()
        return dispatches

    @api.model
    def _trigger(self):
        cron = self.env.ref("nordic_einvoice.ir_cron_einvoice_dispatch", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()

    def action_recall(self):
        """Take back what has not left."""
        for dispatch in self:
            if dispatch.state not in ("planned", "paper") or not dispatch.try_lock_for_update():
                raise UserError(
                    self.env._("%(invoice)s has left already or is leaving.", invoice=dispatch.move_id.name)
                )
        self._system_write({"state": "recalled"})
        return True

    def action_try_again(self):
        """Decide anew about what was stopped or recalled."""
        old = self.filtered(lambda one: one.state in ("failed", "recalled"))
        if len(old) != len(self):
            raise UserError(self.env._("Only what was stopped or recalled can be tried again."))
        return self.env["nordic.einvoice.cockpit"]._open(old.move_id)

    # --- what leaves ---------------------------------------------------------------------------------------------
    @api.model
    def _cron_process(self):
        """Send what is due, a batch per commit: a kill at any moment takes at most what was not committed."""
        self = self.sudo()
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(self._due_domain()))
        tried = set()
        with RuleRunner() as runner:
            while batch := self._next_batch(tried):
                tried |= set(batch.ids)
                batch._process(runner)
                if not self.env["ir.cron"]._commit_progress(len(batch)):
                    break

    @api.model
    def _due_domain(self):
        due = Domain.FALSE
        for (company,) in self.sudo()._read_group([("state", "=", "planned")], ["company_id"]):
            zone = company.partner_id.tz or self.env.user.tz
            today = fields.Date.context_today(self.with_context(tz=zone))
            due |= Domain("company_id", "=", company.id) & Domain("planned_date", "<=", today)
        return Domain("state", "=", "planned") & due

    @api.model
    def _next_batch(self, tried):
        domain = self._due_domain() & Domain("id", "not in", list(tried))
        return self.search(domain, order="planned_date, id", limit=BATCH).try_lock_for_update()

    def _process(self, runner=None):
        """Each by its channel; what stops one is kept on it and does not stop the others."""
        by_channel = self.grouped("channel")
        for channel, dispatches in by_channel.items():
            if channel in CHANNEL_FORMATS:
                dispatches._process_electronic(runner)
                continue
            for dispatch in dispatches:
                dispatch._guarded(dispatch._process_mail if channel == "mail" else dispatch._process_print)

    def _guarded(self, work):
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                work()
                self.env.flush_all()
        except UserError as error:
            self.sudo().write({"state": "failed", "error_message": str(error)})
        except Exception as error:
            _logger.exception("Sending %s broke off", self.move_id.name)
            self.sudo().write({"state": "failed", "error_message": f"{type(error).__name__}: {error}"})

    def _as_user(self):
        """In the name and language of whoever pressed Send."""
        user = self.user_id
        return self.with_user(user).with_company(self.company_id).with_context(lang=user.lang).sudo()

    def _process_electronic(self, runner):
        for (company, user), dispatches in self.grouped(lambda one: (one.company_id, one.user_id)).items():
            group = dispatches.with_user(user).with_company(company).with_context(lang=user.lang).sudo()
            for dispatch in group:
                # what the person chose is what the e-invoice is written for
                if dispatch.move_id.einvoice_channel != dispatch.channel:
                    dispatch.move_id.einvoice_channel = dispatch.channel
            todo = group.move_id.filtered(lambda move: move.einvoice_state not in ("queued", *LEFT))
            group._guarded_all(todo, runner)
            for dispatch in group:
                dispatch._guarded(dispatch._queue_document)

    def _guarded_all(self, moves, runner):
        """Write the e-invoices of a batch together; when one breaks it, each by itself, and its fault is kept."""
        try:
            with self.env.cr.savepoint():
                moves._einvoice_create_documents(runner)
            return
        except Exception:
            _logger.exception("E-invoices of a batch broke off; each is made by itself")
        for move in moves:
            self.filtered(lambda one, move=move: one.move_id == move)._guarded(
                lambda move=move: move._einvoice_create_documents(runner)
            )

    def _queue_document(self):
        if self.state != "planned":
            return
        document = self.move_id.einvoice_document_ids.filtered(lambda one: one.direction == "out")[:1]
        if document.state not in ("queued", *LEFT):
            if document.state != "checked":
                faults = document.finding_ids.filtered(lambda one: one.severity == "fatal").mapped("description")
                raise UserError("\n".join(filter(None, [document.error_message, *faults])))
            document.action_send()
        self.write({"state": "done", "document_id": document.id, "done_date": fields.Datetime.now()})

    def _process_mail(self):
        """Core's mail with the PDF. The message and the mark are one transaction; the mail queue does the rest."""
        dispatch = self._as_user()
        move = dispatch.move_id
        if not (move.partner_id.email or move.partner_id.commercial_partner_id.email):
            raise UserError(self.env._("The customer has no e-mail address."))
        self.env["account.move.send"].with_env(dispatch.env)._generate_and_send_invoices(
            move, allow_raising=True, sending_methods={"email"}, extra_edis=set(), invoice_edi_format=False
        )
        dispatch.write({"state": "done", "done_date": fields.Datetime.now()})
        move.is_move_sent = True

    def _process_print(self):
        self.sudo().write({"state": "paper"})

    # --- paper ---------------------------------------------------------------------------------------------------
    def action_print_pdf(self):
        """All in one PDF, and the mark that they were sent on paper."""
        sheets = self._sheets()
        return self._paper_file(self.env._("Invoices %s.pdf", self._paper_day()), pdf.merge_pdf(sheets))

    def action_print_service(self):
        """A zip with a PDF each and the addresses, for a print service."""
        sheets, taken, letters = self._sheets(), set(), []
        for dispatch in self:
            move, partner = dispatch.move_id, dispatch.partner_id
            letters.append(
                print_file.Letter(
                    print_file.file_name(move.name, taken),
                    move.name,
                    partner.commercial_partner_id.ref or str(partner.commercial_partner_id.id),
                    partner.name or partner.commercial_partner_id.name or "",
                    partner.street or "",
                    partner.street2 or "",
                    partner.zip or "",
                    partner.city or "",
                    partner._einvoice_country(),
                )
            )
        return self._paper_file(self.env._("Invoices %s.zip", self._paper_day()), print_file.write(letters, sheets))

    def _paper_day(self):
        return fields.Date.context_today(self).isoformat()

    def _sheets(self):
        """The PDF of each invoice; made where there is none."""
        if not self or any(one.channel != "print" or one.state not in ("paper", "done") for one in self):
            raise UserError(self.env._("Mark invoices whose channel is Print and which are to be printed."))
        self.lock_for_update()
        moves = self.move_id
        missing = moves.filtered(lambda move: not move.invoice_pdf_report_id)
        if missing:
            self.env["account.move.send"]._generate_and_send_invoices(
                missing, allow_raising=True, sending_methods={"manual"}, extra_edis=set(), invoice_edi_format=False
            )
            missing.invalidate_recordset(["invoice_pdf_report_id"])
        sheets = [dispatch.move_id.sudo().invoice_pdf_report_id.raw for dispatch in self]
        if not all(sheets):
            raise UserError(self.env._("There is no PDF of every invoice. Print one of them by itself to see why."))
        return sheets

    def _paper_file(self, name, content):
        now = fields.Datetime.now()
        fresh = self.filtered(lambda one: one.state == "paper")
        fresh._system_write({"state": "done", "done_date": now, "paper_date": now, "paper_user_id": self.env.uid})
        fresh.move_id.sudo().is_move_sent = True
        for dispatch in fresh:
            dispatch.move_id.message_post(body=self.env._("Sent on paper."))
        attachment = self.env["ir.attachment"].create({"name": name, "raw": content})
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "download",
        }

    def action_open_invoice(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "views": [(False, "form")],
        }


class AccountMove(models.Model):
    _inherit = "account.move"

    einvoice_dispatch_ids = fields.One2many("nordic.einvoice.dispatch", "move_id", string="Sendings")

    def action_einvoice_cockpit(self):
        """The place from which all of these are sent, whatever their channel."""
        return self.env["nordic.einvoice.cockpit"]._open(self)
