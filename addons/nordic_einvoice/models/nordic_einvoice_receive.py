"""Receiving: the one entrance for files, whatever way they came."""

import hashlib
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import float_is_zero, formatLang

from ..formats import numbers, official, packages, reader, records, validation, xml

_logger = logging.getLogger(__name__)
LONGEST_KEY = 500  # characters; PostgreSQL indexes at most 2,704 bytes


class NordicEinvoiceDocument(models.Model):
    _inherit = "nordic.einvoice.document"

    received_channel = fields.Selection(
        [
            ("upload", "Upload"),
            ("mail", "E-mail"),
            ("folder", "Folder"),
            ("provider", "Access point"),
        ],
        string="Received By",
        readonly=True,
        copy=False,
    )
    remote_id = fields.Char(
        string="Number at the Sender's Side",
        readonly=True,
        copy=False,
        help="What the access point or the mail calls it. The same one is taken once.",
    )
    received_date = fields.Datetime(string="Received On", readonly=True, copy=False)

    _remote_in_uniq = models.UniqueIndex(
        "(company_id, received_channel, remote_id) WHERE direction = 'in' AND remote_id IS NOT NULL",
        "This delivery was received before.",
    )

    @api.model
    def _einvoice_receive(
        self, xml_bytes, filename, channel="upload", remote_id=None, *, company=None, runner=None, draft=None
    ):
        """The one entrance: a file becomes a document, and a draft bill when nothing stands in the way.

        Exactly once: by delivery (channel and ``remote_id``), by file (SHA-256) and by what it says (vendor, number,
        date and kind). The same one again gives the document there is. Another total under the same number is another
        document and waits for a person; what was refused is no longer in the way. The original is kept in any case.

        :param channel: ``upload``, ``mail``, ``folder`` or ``provider``
        :param remote_id: what names the delivery at the other side; with several access points, begin it with the
            connection's id
        :param runner: ``official.RuleRunner``, for many files in one go
        :param draft: account.move without lines that waits for this file; else a bill is made
        :raises psycopg2.errors.UniqueViolation: another transaction takes the same file now; roll back, try later
        :return: nordic.einvoice.document
        """
        company = company or self.env.company
        self = self.with_company(company)
        known = self._received_before(company, channel, remote_id, hashlib.sha256(xml_bytes).hexdigest())
        if known:
            return known
        root, invoice, fault = self._read_received(xml_bytes)
        key = self._document_key(invoice) if invoice else False
        known = self._search_key(company, key)
        values = self._received_values(invoice, company, False if known else key)
        if known and known._says_the_same(values):
            known.message_post(
                body=self.env._("The same document arrived again as %(file)s and was not booked twice.", file=filename),
                attachments=[(filename or "document.xml", xml_bytes)],
            )
            return known
        values |= {
            "received_channel": channel,
            "remote_id": remote_id or False,
            "received_date": fields.Datetime.now(),
            "draft_move_id": draft.id if draft else False,
            # the unique index refuses a second one at once
            "sha256": hashlib.sha256(xml_bytes).hexdigest(),
        }
        document = self.with_context(mail_create_nolog=True)._system_create(values).with_env(self.env)
        document._store_file(xml_bytes, filename or "document.xml")
        document._store_result(document._check_received(xml_bytes, root, runner))
        if known:
            document._system_write({"error_message": document._contradiction(known)})
        elif invoice:
            document._try_bill(invoice)
        elif root is not None and document._receive_other(root):
            pass
        else:
            document._system_write({"state": "failed", "error_message": fault})
        return document

    @api.model
    def _receive_many(self, files, channel, company=None):
        """``_einvoice_receive`` for ``[(name, bytes)]``; zip files are unpacked. The rules are loaded once."""
        documents = self.browse()
        with official.RuleRunner() as runner:
            for name, content in files:
                for each_name, each in self._unpacked(name, content):
                    documents |= self._einvoice_receive(each, each_name, channel, company=company, runner=runner)
        return documents

    @api.model
    def _unpacked(self, name, content):
        if not packages.is_zip(content):
            return [(name, content)]
        try:
            return packages.members(content) or [(name, content)]
        except records.EInvoiceError:
            return [(name, content)]  # kept and shown as it is

    @api.model
    def _import_file(self, content, filename, company=None):
        return self._einvoice_receive(content, filename, "upload", company=company)

    @api.model
    def _search_received(self, company, domain):
        return self.search([("company_id", "=", company.id), ("direction", "=", "in"), *domain], limit=1)

    @api.model
    def _search_key(self, company, key):
        """The document that says so already; one that was refused may be replaced."""
        return key and self._search_received(company, [("document_key", "=", key), ("refused_date", "=", False)])

    def _says_the_same(self, values):
        """Whether a document with the same number has the same amounts as this one: ``_received_values``."""
        self.ensure_one()
        amounts = ("amount_total", "amount_tax", "amount_due")
        same = all(float_is_zero(self[name] - values[name], precision_digits=2) for name in amounts)
        return same and self.currency_id.id == values["currency_id"]

    def _contradiction(self, known):
        return self.env._(
            "%(vendor)s has sent another document with the number %(number)s and the same date: %(known)s, total "
            "%(total)s; this one says %(this)s. Ask the vendor which one holds. Reject the other, or cancel its bill, "
            "and choose Make Bill here.",
            vendor=self.partner_name or "?",
            number=self.name,
            known=known.filename or known.display_name,
            total=known._total_text(),
            this=self._total_text(),
        )

    def _total_text(self):
        """The total as the user reads amounts; a currency may be one we do not know."""
        return f"{formatLang(self.env, self.amount_total)} {self.currency_id.name or ''}".strip()

    @api.model
    def _received_before(self, company, channel, remote_id, sha256):
        delivery = [("received_channel", "=", channel), ("remote_id", "=", remote_id)]
        known = remote_id and self._search_received(company, delivery)
        return known or self._search_received(company, [("sha256", "=", sha256)])

    @api.model
    def _read_received(self, content):
        """(root or None, ``records.Invoice`` or None, what is wrong with the file)."""
        root = None
        try:
            if packages.is_zip(content):
                packages.members(content)
            root = packages.payload(xml.parse(content))
            return root, reader.read_root(root), ""
        except records.EInvoiceError as error:
            return root, None, self._fault_text(error)

    def _check_received(self, content, root, runner):
        if root is None:
            finding = validation.Finding("file", "READ", validation.FATAL, "", self._read_received(content)[2])
            return validation.Result("", "", dict.fromkeys(validation.LAYERS, validation.NOT_RUN), (finding,), {})
        packs = self.env["nordic.einvoice.rule.pack"]._in_force()
        return validation.validate(content, runner, root=root, packs=packs)

    def _receive_other(self, root, by_hand=False):
        """A document that is no invoice. Extended by what reads answers.

        :param bool by_hand: a person has looked at it
        :return: whether it was understood
        """
        return False

    @api.model
    def _document_key(self, invoice):
        """Who, number, date and kind, whatever dialect says it; short enough for an index."""
        supplier = invoice.supplier
        country = supplier.address.country
        who = (
            numbers.base(supplier.vat, country)
            or (supplier.legal_id and numbers.base(supplier.legal_id.value, country))
            or supplier.name
        )
        key = "|".join((who, invoice.number, invoice.issue_date.isoformat(), invoice.kind))
        return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()

    @api.model
    def _received_values(self, invoice, company, key):
        values = {"company_id": company.id, "direction": "in", "state": "received", "document_key": key}
        if invoice:
            currency = (
                self.env["res.currency"].with_context(active_test=False).search([("name", "=", invoice.currency)])
            )
            duties = sum((duty.amount for duty in invoice.duties), records.ZERO)
            values |= {
                "name": invoice.number,
                "format": invoice.dialect,
                "document_type": invoice.kind,
                "partner_name": invoice.supplier.name,
                "invoice_date": invoice.issue_date,
                "currency_id": currency.id,
                "amount_total": float(invoice.totals.tax_inclusive + invoice.totals.rounding),
                "amount_tax": float(invoice.totals.tax - duties),
                "amount_due": float(invoice.totals.payable),
                "order_reference": invoice.order_reference or invoice.sales_order,
            }
        return values

    # --- making the bill -----------------------------------------------------------------------------------------
    def action_create_bill(self):
        """Read the file again and make the draft bill, after the cause was put right."""
        for document in self:
            if document.direction != "in":
                raise UserError(self.env._("%(name)s was not received.", name=document.name or ""))
            if document.move_id:
                raise UserError(self.env._("There is a bill already."))
            if document.refused_date:
                raise UserError(self.env._("%(name)s is refused.", name=document.name or document.filename))
            document._read_again()
        return True

    def _read_again(self):
        self.ensure_one()
        root, invoice, fault = self._read_received(self._file_content())
        if not invoice:
            if root is None or not self._receive_other(root):
                raise UserError(fault)
            return
        if not self.format:  # an older reader could not read it
            key = self._document_key(invoice)
            known = self._search_key(self.company_id, key)
            self._system_write(self._received_values(invoice, self.company_id, False if known else key))
        self._try_bill(invoice, by_hand=True)

    def _try_bill(self, invoice, by_hand=False):
        self.ensure_one()
        values = {"state": "received", "error_message": False}
        try:
            if not by_hand:
                self._check_schema()
            with self.env.cr.savepoint():
                self.env["account.move"]._einvoice_create_bill(self, invoice)
        except (UserError, records.EInvoiceError) as error:
            values["error_message"] = self._fault_text(error)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # a conflict with another transaction: the whole request is run again
        except Exception:
            _logger.exception("E-document %s could not be booked", self.id)
            values["error_message"] = self.env._(
                "The bill could not be made because of a fault in the program. The file is kept; tell your support."
            )
        self._system_write(values)
        if self.move_id and not by_hand:
            self._autopost()

    def _autopost(self):
        """Post the bill of a vendor whose bills are posted by themselves; what stops that leaves the draft."""
        try:
            with self.env.cr.savepoint():
                self.move_id._autopost_bill()
        except UserError as error:
            self.move_id.message_post(body=str(error))

    def _check_schema(self):
        """A file that breaks the schema is not booked by itself; a person may look at it and press the button."""
        broken = self.finding_ids.filtered(lambda finding: finding.layer == "xsd" and finding.severity == "fatal")
        if broken:
            raise UserError(
                self.env._(
                    "The file does not follow the schema of e-invoices: %(what)s Look at the findings; if the amounts "
                    "are right choose Make Bill.",
                    what=broken[0].message,
                )
            )

    # --- texts ---------------------------------------------------------------------------------------------------
    @api.model
    def _fault_text(self, error):
        """What is wrong with a file, in the user's language where there is a text, with the line."""
        code = getattr(error, "code", "")
        if not code:
            return getattr(error, "message", "") or str(error)
        text = self._fault_texts(error.values).get(code) or error.message
        return self.env._("%(what)s (line %(line)s)", what=text, line=error.line) if error.line else text

    @api.model
    def _fault_texts(self, values):
        """Code of ``records.EInvoiceError`` -> text."""
        values = dict.fromkeys(
            ("size", "limit", "name", "namespace", "text", "number", "stated", "computed", "difference", "reason"), ""
        ) | dict(values)
        return {
            "empty": self.env._("The file is empty."),
            "large": self.env._("The file has %(size)s MB; an e-invoice may have at most %(limit)s MB.", **values),
            "no_xml": self.env._("This is not an XML file, so no e-invoice. It is kept; enter the bill by hand."),
            "broken": self.env._("The file is damaged or cut off: %(reason)s", **values),
            "more": self.env._("The file holds more than one document. Ask the sender for one file for each."),
            "several": self.env._(
                "The envelope holds several documents or none. Ask the sender for one file for each."
            ),
            "deep": self.env._("The file is nested more than %(limit)s levels deep and was not read.", **values),
            "attributes": self.env._(
                "An element of the file has more than %(limit)s attributes, and it was not read.", **values
            ),
            "many": self.env._("The file has more than %(limit)s elements and was not read.", **values),
            "doctype": self.env._(
                "The file has a document type declaration (DOCTYPE), which e-invoices may not have and which can do "
                "harm. It was not read."
            ),
            "other_type": self.env._(
                "This is no invoice and no credit note but a document of the type %(name)s. It is kept.", **values
            ),
            "namespace": self.env._(
                "The namespace %(namespace)s does not belong to %(name)s: this is no e-invoice.", **values
            ),
            "no_number": self.env._("%(name)s is not a number: %(text)s", **values),
            "no_date": self.env._("%(name)s is not a date: %(text)s", **values),
            "missing": self.env._("The element %(name)s is missing or empty.", **values),
            "no_lines": self.env._("The document has no lines."),
            "no_tax": self.env._("Line %(number)s has no VAT category, and the document has several.", **values),
            "base64": self.env._(
                "The attachment %(name)s is damaged and cannot be unpacked. Ask the sender for a whole file.", **values
            ),
            "sum": self.env._(
                "The document contradicts itself: it states %(stated)s, but its parts give %(computed)s (difference "
                "%(difference)s). Ask the sender for a right one.",
                **values,
            ),
            "zip_many": self.env._("The zip file has too many files. Unpack it and upload the files."),
            "zip_large": self.env._("The zip file is too large when unpacked. Unpack it and upload the files."),
            "zip_broken": self.env._("The zip file is damaged or locked with a password. Unpack it yourself."),
        }
