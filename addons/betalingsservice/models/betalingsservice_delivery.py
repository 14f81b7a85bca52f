import base64
import hashlib
import re

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import formats
from ..const import DELIVERY_STATES, DELIVERY_TYPES, RECEIPTS, SUBSYSTEMS


class BetalingsserviceDelivery(models.Model):
    """One file exchanged with Betalingsservice."""

    _name = "betalingsservice.delivery"
    _description = "Betalingsservice Delivery"
    _inherit = ["system.fields.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    creditor_id = fields.Many2one(
        "betalingsservice.creditor", readonly=True, index=True, ondelete="restrict", check_company=True
    )
    direction = fields.Selection(
        [("out", "To Betalingsservice"), ("in", "From Betalingsservice")], required=True, readonly=True
    )
    delivery_type = fields.Selection(DELIVERY_TYPES, string="Type", readonly=True)
    subsystem = fields.Selection(SUBSYSTEMS, string="System", readonly=True)
    data_supplier_number = fields.Char(readonly=True)
    delivery_number = fields.Char(string="Number", readonly=True, copy=False)
    date = fields.Date(readonly=True, default=fields.Date.context_today)
    state = fields.Selection(DELIVERY_STATES, required=True, readonly=True, tracking=True, index=True)
    sent_date = fields.Datetime(readonly=True, copy=False)
    attachment_id = fields.Many2one("ir.attachment", string="File", readonly=True, copy=False)
    file_sha256 = fields.Char(string="SHA-256 of the File", readonly=True, copy=False)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    amount_total = fields.Monetary(string="Total", readonly=True)
    payment_count = fields.Integer(string="Payments", readonly=True)
    record_count = fields.Integer(string="Records", readonly=True)
    date_from = fields.Date(string="Drawn From", readonly=True)
    date_to = fields.Date(string="Drawn To", readonly=True)
    collection_ids = fields.One2many("betalingsservice.collection", "delivery_id")
    line_ids = fields.One2many("betalingsservice.delivery.line", "delivery_id", string="Agreements in the File")
    unknown_count = fields.Integer(compute="_compute_unknown_count", store=True)
    report_id = fields.Many2one("paymatch.report", string="Payments Received", readonly=True, check_company=True)
    is_dealt_with = fields.Boolean(
        string="Dealt With", readonly=True, copy=False, tracking=True, help="Somebody has looked into the failed file."
    )
    error_message = fields.Text(string="What Is Wrong", readonly=True, copy=False)

    _delivery_number_uniq = models.UniqueIndex(
        "(company_id, direction, delivery_type, subsystem, data_supplier_number, delivery_number) "
        "WHERE state <> 'failed'",
        "This delivery exists already.",
    )
    _file_uniq = models.UniqueIndex(
        "(company_id, file_sha256) WHERE direction = 'in' AND state <> 'failed'", "This file was imported already."
    )

    @api.depends("delivery_type", "delivery_number", "attachment_id")
    def _compute_name(self):
        for delivery in self:
            number = delivery.delivery_number
            # a file that could not be read is called what it was called
            file = delivery.attachment_id.name
            delivery.name = f"{delivery.delivery_type}/{number}" if number else file or delivery.delivery_type or "?"

    def _compute_currency_id(self):
        self.currency_id = self.env.ref("base.DKK")

    @api.depends("line_ids.result")
    def _compute_unknown_count(self):
        counts = dict(
            self.env["betalingsservice.delivery.line"]._read_group(
                [("delivery_id", "in", self.ids), ("result", "=", "unknown")], ["delivery_id"], ["__count"]
            )
        )
        for delivery in self:
            delivery.unknown_count = counts.get(delivery, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        for delivery in self:
            if delivery.direction == "out":
                raise UserError(self.env._("Deliveries are kept. A delivery that has not been sent can be discarded."))
            raise UserError(
                self.env._(
                    "Files received are kept, those with faults too: they show what came and when. Press “Dealt With” "
                    "on a failed file to take it off the overview."
                )
            )

    def action_deal_with(self):
        """A person has looked into a failed file: it stays, and leaves the list of what is to be done."""
        self.check_access("write")
        for delivery in self.filtered(lambda found: found.state == "failed"):
            delivery._system_write({"is_dealt_with": True})
            delivery.message_post(body=self.env._("Dealt with."))
        return True

    # File

    def _attach(self, content, filename):
        """Keep the file and its fingerprint."""
        self.ensure_one()
        attachment = self.env["ir.attachment"].create(
            {
                "name": filename,
                "raw": content,
                "mimetype": "text/plain",
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self._system_write({"attachment_id": attachment.id, "file_sha256": hashlib.sha256(content).hexdigest()})

    def _file_content(self):
        """The bytes of the file, proven to be what was stored."""
        self.ensure_one()
        content = self.attachment_id.raw or b""
        if hashlib.sha256(content).hexdigest() != self.file_sha256:
            raise UserError(self.env._("The file of %(name)s was changed after it was written.", name=self.name))
        return content

    def action_download(self):
        self.ensure_one()
        self._file_content()
        self._note_download()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "self",
        }

    def _action_open(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("betalingsservice.betalingsservice_delivery_action")
        if len(self) == 1:
            return {**action, "view_mode": "form", "views": [(False, "form")], "res_id": self.id}
        return {**action, "domain": [("id", "in", self.ids)]}

    # Import

    @api.model
    def _import_file(self, content, filename, company=None):
        """Read a file from Betalingsservice. A file that cannot be read is kept as a failed delivery which says why.

        :param bytes content: the file
        :return: ``betalingsservice.delivery``; several for a zip file that holds several
        """
        company = company or self.env.company
        self = self.with_company(company)  # noqa: PLW0642
        if formats.archive.is_zip(content):
            return self._import_zip(content, filename, company)
        kind = formats.delivery_type(content)
        if kind is None:
            fault = formats.foreign(content)
            if fault:
                return self._create_failed(content, filename, company, kind, [fault])
            raise UserError(self._not_a_delivery_text(filename))
        self._refuse_known_file(content, company)
        if kind == "0602":
            return self._import_0602(content, filename, company)
        if kind == "0603":
            return self._import_0603(content, filename, company)
        if kind == "0621":
            return self._import_0621(content, filename, company)
        return self._create_failed(content, filename, company, kind, [formats.unread(kind)])

    def _not_a_delivery_text(self, filename):
        if filename[:1].upper() in RECEIPTS and re.search(r"\.(BS1|KR9)$", filename.upper()):
            return self.env._(
                "%(file)s is a receipt or delivery note: there is nothing to import. Read whether the operator took "
                "your delivery; send one again only when a receipt says that it was not taken.",
                file=filename,
            )
        return self.env._("%(file)s is not a delivery of Betalingsservice.", file=filename)

    @api.model
    def _import_zip(self, content, filename, company):
        """What is in a zip file, each as if it had come by itself. One that cannot be unpacked is kept and says why."""
        try:
            found = formats.archive.unpack(content)
        except formats.DeliveryError as fault:
            return self._create_failed(content, filename, company, None, [fault])
        own = [(name, data) for name, data in found if formats.delivery_type(data) is not None]
        if not own:
            names = ", ".join(name[:60] for name, _data in found[:5])
            fault = formats.DeliveryError(0, "", "zip_nothing", names=names)
            return self._create_failed(content, filename, company, None, [fault])
        if len(own) == 1:
            return self._import_file(own[0][1], own[0][0], company)
        # what came before by itself is no reason to refuse the others
        return self.union(
            *(self._known_file(data, company) or self._import_file(data, name, company) for name, data in own)
        )

    @api.model
    def _known_file_domain(self, content, company):
        return [
            ("company_id", "=", company.id),
            ("file_sha256", "=", hashlib.sha256(content).hexdigest()),
            ("direction", "=", "in"),
            ("state", "!=", "failed"),
        ]

    @api.model
    def _refuse_known_file(self, content, company):
        known = self.search(self._known_file_domain(content, company), limit=1)
        if known:
            raise UserError(self.env._("This file was imported already as %(name)s.", name=known.name))

    @api.model
    def _create_failed(self, content, filename, company, kind, faults):
        delivery = self._system_create(
            {
                "company_id": company.id,
                "direction": "in",
                "delivery_type": kind if kind in dict(DELIVERY_TYPES) else False,
                "state": "failed",
                "error_message": "\n".join(self._fault_text(fault) for fault in faults),
            }
        )
        delivery._attach(content, filename)
        return delivery

    @api.model
    def _prepare_in_values(self, head, company, creditor):
        return {
            "company_id": company.id,
            "creditor_id": creditor.id,
            "direction": "in",
            "delivery_type": head.delivery_type,
            "subsystem": head.subsystem,
            "data_supplier_number": head.data_supplier,
            "delivery_number": head.delivery_number,
            "date": head.created,
            "state": "read",
        }

    @api.model
    def _creditors_of(self, head, pbs_numbers, company):
        """``{pbs number: creditor}`` and the faults: foreign numbers, and files of test among production."""
        # those archived too: payers take payments back long after the last collection
        creditors = (
            self.env["betalingsservice.creditor"]
            .with_context(active_test=False)
            .search([("company_id", "=", company.id), ("pbs_number", "in", list(pbs_numbers))])
            .with_env(self.env)
        )
        found = {creditor.pbs_number: creditor for creditor in creditors if creditor.subsystem == head.subsystem}
        faults = []
        for number in sorted(set(pbs_numbers) - found.keys()):
            other = creditors.filtered(lambda c, number=number: c.pbs_number == number)[:1]
            if other:
                text = self.env._(
                    "The file is of the system %(found)s, the creditor %(number)s of %(expected)s.",
                    found=head.subsystem,
                    number=number,
                    expected=other.subsystem,
                )
            else:
                text = self.env._(
                    "PBS number %(number)s is no creditor of %(company)s.", number=number, company=company.name
                )
            faults.append(text)
        return found, faults

    @api.model
    def _known_number_fault(self, head, company):
        known = self.search(
            [
                ("company_id", "=", company.id),
                ("direction", "=", "in"),
                ("delivery_type", "=", head.delivery_type),
                ("subsystem", "=", head.subsystem),
                ("data_supplier_number", "=", head.data_supplier),
                ("delivery_number", "=", head.delivery_number),
                ("state", "!=", "failed"),
            ],
            limit=1,
        )
        if not known:
            return []
        return [
            self.env._(
                "Delivery %(name)s was imported already on %(date)s.",
                name=known.name,
                date=self.env["betalingsservice.creditor"]._local_date_text(known.create_date),
            )
        ]

    # 0602 comes by way of paymatch

    @api.model
    def _import_0602(self, content, filename, company):
        """A bank advice of paymatch; a file of somebody else is kept as failed before paymatch looks for a provider."""
        parsed = formats.delivery_0602.read(content)
        if not parsed.faults and not parsed.payments:
            return self._import_empty_0602(parsed, content, filename, company)
        if not parsed.faults:
            numbers = {payment.pbs_number for payment in parsed.payments}
            _creditors, faults = self._creditors_of(parsed.head, numbers, company)
            Report = self.env["paymatch.report"]
            if not faults:
                _provider, fault = Report._betalingsservice_provider(parsed.head.subsystem, numbers, company)
                faults = [fault] if fault else []
            if faults:
                return self._create_failed(content, filename, company, "0602", faults)
        return self._delivery_of_report(self.env["paymatch.report"]._import_file(content, filename))

    @api.model
    def _import_empty_0602(self, parsed, content, filename, company):
        """Nothing happened since the last answer: the file is kept as read, and there is nothing to book."""
        _subsystem, numbers = formats.delivery_0602.addressees(content)
        creditors, faults = self._creditors_of(parsed.head, numbers, company)
        creditor = next(iter(creditors.values()), self.env["betalingsservice.creditor"])
        if not numbers:
            creditor, faults = self._creditor_of_supplier(parsed.head, company)
        faults += self._known_number_fault(parsed.head, company)
        if faults:
            return self._create_failed(content, filename, company, "0602", faults)
        delivery = self._system_create(
            {**self._prepare_in_values(parsed.head, company, creditor), "record_count": parsed.records}
        )
        delivery._attach(content, filename)
        delivery.message_post(body=self.env._("The file tells of no payment: there is nothing to book."))
        return delivery

    @api.model
    def _creditor_of_supplier(self, head, company):
        """``(creditor, faults)`` of a file that names a data supplier only."""
        creditor = (
            self.env["betalingsservice.creditor"]
            .with_context(active_test=False)
            .search(
                [
                    ("company_id", "=", company.id),
                    ("data_supplier_number", "=", head.data_supplier),
                    ("subsystem", "=", head.subsystem),
                ],
                order="active desc, id",
                limit=1,
            )
            .with_env(self.env)
        )
        if creditor:
            return creditor, []
        return creditor, [
            self.env._(
                "%(company)s has no creditor of the data supplier %(supplier)s in the system %(system)s.",
                company=company.name,
                supplier=head.data_supplier,
                system=head.subsystem,
            )
        ]

    @api.model
    def _delivery_of_report(self, report):
        """The delivery of a bank advice; a failed report stands for itself."""
        delivery = self.search([("report_id", "in", report.ids)], limit=1)
        if not delivery:
            report = report[:1]
            delivery = self._create_failed(
                base64.b64decode(report.file), report.filename, report.company_id, "0602", [report.error_message]
            )
            delivery._system_write({"report_id": report.id})
        return delivery

    # 0621

    @api.model
    def _import_0621(self, content, filename, company):
        head, texts, faults = formats.delivery_0621.read(content)
        faults = faults or self._known_number_fault(head, company)
        creditor = self.env["betalingsservice.creditor"]
        if not faults:
            creditor, faults = self._creditor_of_supplier(head, company)
        if faults:
            return self._create_failed(content, filename, company, "0621", faults)
        delivery = self._system_create(
            {**self._prepare_in_values(head, company, creditor), "record_count": len(texts) + 2}
        )
        delivery._attach(content, filename)
        creditor._ask_users(delivery, lambda env: env._("Read the remarks of Betalingsservice"))
        return delivery
