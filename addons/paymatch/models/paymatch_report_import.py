import base64
import hashlib
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, ormcache
from odoo.tools.misc import formatLang
from odoo.tools.translate import get_translation

from .. import formats
from ..const import FETCHED_AS

DATE_FIELDS = ("event_date", "payment_date", "booking_date")
TEXT_FIELDS = (
    "raw_type",
    "order_reference",
    "provider_reference",
    "related_reference",
    "own_reference",
    "payment_id",
    "payer_number",
    "agreement_number",
    "creditor_number",
    "debtor_group",
    "payer_name",
    "fee_type",
    "text",
    "authorisation_code",
    "acquirer_reference",
    "card_digits",
)
WHOLE_FILE = "-"


class PaymatchReport(models.Model):
    _inherit = "paymatch.report"

    @api.model
    def _import_file(self, content, filename, provider=None):
        """Read a file into one report per payout, or one report for a bank advice.

        A file that is recognised but cannot be read, or does not add up, is kept as a failed report which says why. The
        same file, and the same payout in another file, are refused.

        :param bytes content: the file
        :param provider: ``paymatch.provider``; without it the provider is found by format and number in the file
        :return: ``paymatch.report``
        """
        provider = provider or self.env["paymatch.provider"]
        company = provider.company_id or self.env.company
        digest = hashlib.sha256(content).hexdigest()
        self._refuse_unreadable(content, filename)
        self._refuse_known_file(digest, company)
        code = self._detect_format(content, filename, provider)
        base = {
            "company_id": company.id,
            "file": base64.b64encode(content),
            "filename": filename,
            "file_sha256": digest,
            "format": code,
        }
        try:
            parsed = formats.parse(content, filename, code)
        except formats.FormatError as error:
            return self._create_failed(base, filename, provider, self._format_error_text(error))
        if parsed.kind == "statement":
            raise UserError(
                self.env._("%s is a bank statement. Import it with Payments Received > Import files.", filename)
            )
        provider = provider or self._find_provider(parsed, company, filename)
        reports = self.browse()
        for part, groups, lines in self._split(parsed):
            reports |= self._create_report(base, provider, parsed, part, groups, lines)
        reports.filtered(lambda report: report.state not in ("failed", "loading")).action_match()
        reports._trigger_loading()
        return reports

    @api.model
    def _format_error_text(self, error):
        """What is wrong with a file, for the user; extended by addons whose formats tell it by code."""
        return self._told_at(error.line, error.field, error.message)

    @api.model
    def _fault_text(self, fault):
        """What does not add up, for the user."""
        return self._told_at(fault.line, "", fault.message)

    @api.model
    def _told_at(self, line, field, message):
        """A text of the format code in the user's language, with line and field."""
        where = []
        if line:
            where.append(self.env._("line %s", line))
        if field:
            where.append(self.env._("field %s", field))
        text = self._told(message)
        return f"{', '.join(where)}: {text}" if where else text

    @api.model
    def _told(self, text):
        """A text of the format code in the user's language; its templates are collected from the format code."""
        if isinstance(text, Decimal):
            places = -text.as_tuple().exponent
            return formatLang(self.env, float(text), digits=max(2, places) if places > 0 else 0)
        if not isinstance(text, formats.errors.Text):
            return str(text)
        if text.parts:
            return text.separator.join(self._told(part) for part in text.parts)
        values = {name: self._told(value) for name, value in text.values.items()}
        return get_translation(text.addon, self.env.lang or "en_US", text.template, values)

    @api.model
    def _refuse_unreadable(self, content, filename):
        if not content:
            raise UserError(self.env._("%s is empty.", filename))
        if len(content) > formats.MAX_BYTES:
            raise UserError(
                self.env._(
                    "%(file)s has %(size)s MB; files of up to %(limit)s MB are read. Ask the provider for a "
                    "shorter period.",
                    file=filename,
                    size=len(content) // 1024 // 1024,
                    limit=formats.MAX_BYTES // 1024 // 1024,
                )
            )

    @api.model
    def _refuse_known_file(self, digest, company):
        known = self.search([("company_id", "=", company.id), ("file_sha256", "=", digest)])
        if known and all(known.mapped("is_discarded")):
            raise UserError(
                self.env._(
                    "This file was imported already and discarded as %s. Open it there and read it again.",
                    ", ".join(known.mapped("name")),
                )
            )
        if known:
            raise UserError(
                self.env._(
                    "This file was imported already on %(date)s as %(reports)s.",
                    date=format_date(self.env, fields.Datetime.context_timestamp(self, known[0].create_date)),
                    reports=", ".join(known.mapped("name")),
                )
            )

    @api.model
    def _detect_format(self, content, filename, provider):
        code = formats.detect(content, filename)
        if not code:
            raise UserError(
                self.env._(
                    "%(file)s is not a payout report, bank advice or bank statement this program knows (known: "
                    "%(known)s).",
                    file=filename,
                    known=", ".join(sorted(formats.FORMATS)),
                )
            )
        taken = (provider.format, *FETCHED_AS.get(provider.format, ()))
        if provider and code not in taken and formats.FORMATS[code].kind != "statement":
            raise UserError(
                self.env._(
                    "%(file)s is a file of the format %(found)s, but %(provider)s sends %(expected)s.",
                    file=filename,
                    found=code,
                    provider=provider.name,
                    expected=provider.format,
                )
            )
        return code

    @api.model
    def _find_provider(self, parsed, company, filename):
        providers = self.env["paymatch.provider"].search(
            [("company_id", "=", company.id), ("format", "=", parsed.format)]
        )
        numbered = providers.filtered(
            lambda provider: provider.account_number and provider.account_number.strip() == parsed.account
        )
        candidates = numbered or providers.filtered(lambda provider: not provider.account_number)
        if len(candidates) != 1:
            raise UserError(
                self.env._(
                    "%(count)s providers of %(company)s take files of %(format)s for number %(number)s (%(file)s). "
                    "Choose the provider, or set the number on exactly one.",
                    count=len(candidates),
                    company=company.name,
                    format=parsed.format,
                    number=parsed.account or "-",
                    file=filename,
                )
            )
        return candidates

    @api.model
    def _split(self, parsed):
        """``(part, groups, lines)``: one part per payout; one for a whole advice."""
        if parsed.kind == "advice" or len(parsed.groups) == 1:
            return [(WHOLE_FILE, parsed.groups, parsed.lines)]
        by_group = {group.key: [] for group in parsed.groups}
        for line in parsed.lines:
            by_group.setdefault(line.group, []).append(line)
        return [(group.key, (group,), by_group[group.key]) for group in parsed.groups]

    @api.model
    def _create_failed(self, base, filename, provider, message):
        return self._system_create(
            {
                **base,
                "name": filename,
                "provider_id": provider.id,
                "kind": provider.kind or formats.known()[base["format"]].kind,
                "currency_id": (provider.currency_id or self.env.company.currency_id).id,
                "error_message": message,
            }
        )

    @api.model
    def _create_report(self, base, provider, parsed, part, groups, lines):
        faults = [fault for fault in parsed.faults() if part == WHOLE_FILE or fault.group in ("", part)]
        messages = [self._fault_text(fault) for fault in faults]
        messages += self._currency_faults(provider, groups, lines)
        is_payout = parsed.kind == "payout"
        key = groups[0].key if is_payout and not messages else False
        if key:
            self._refuse_known_payout(provider, key)
        first = groups[0] if groups else None
        report = self._system_create(
            {
                **base,
                "name": (first.reference if is_payout else parsed.reference) or base["filename"],
                "provider_id": provider.id,
                "kind": parsed.kind,
                "currency_id": provider.currency_id.id,
                "file_part": part,
                "payout_key": key,
                "file_account": parsed.account,
                "date": max((group.date for group in groups), default=parsed.created),
                "period_from": first.period_from if is_payout else min((group.date for group in groups), default=None),
                "period_to": first.period_to if is_payout else max((group.date for group in groups), default=None),
                "bank_reference": first.bank_reference if is_payout else False,
                "declared_amount": sum(float(group.amount) for group in groups if group.amount is not None),
                "has_declared_amount": any(group.amount is not None for group in groups),
                "opening_amount": float(sum(group.opening for group in groups)),
                "closing_amount": float(sum(group.closing for group in groups)),
                "error_message": "\n".join(messages) or False,
                "is_loading": self._is_large(parsed, lines),
                "loading_count": len(lines),
                "note": "\n".join(self._told(note) for note in parsed.notes) or False,
            }
        )
        movements = report._create_movements(groups)
        if not report.is_loading:
            report._add_lines(lines, movements)
        return report

    def _add_lines(self, lines, movements):
        """Add the lines of the file."""
        self.env["paymatch.report.line"]._system_create(self._prepare_lines(lines, movements))

    def _prepare_lines(self, lines, movements, start=0):
        """Values of lines of the file, of which ``start`` others stand before them."""
        self.ensure_one()
        return [
            self._prepare_line_values(line, movements.get(line.group), at) for at, line in enumerate(lines, start + 1)
        ]

    @api.model
    def _currency_faults(self, provider, groups, lines):
        expected = provider.currency_id.name
        found = sorted({group.currency for group in groups} | {line.currency for line in lines if line.currency})
        return [
            self.env._(
                "The file is in %(found)s, the provider %(provider)s in %(expected)s. Create a provider for "
                "each currency.",
                found=currency,
                provider=provider.name,
                expected=expected,
            )
            for currency in found
            if currency != expected
        ]

    @api.model
    def _refuse_known_payout(self, provider, key):
        known = self.search([("provider_id", "=", provider.id), ("payout_key", "=", key)], limit=1)
        if known:
            raise UserError(
                self.env._(
                    "Payout %(payout)s of %(provider)s was imported already from the file %(file)s.",
                    payout=known.name,
                    provider=provider.name,
                    file=known.filename,
                )
            )

    def _create_movements(self, groups):
        self.ensure_one()
        movements = self.env["paymatch.report.movement"]._system_create(
            [
                {
                    "report_id": self.id,
                    "company_id": self.company_id.id,
                    "date": group.date,
                    "direction": group.direction,
                    "declared_amount": float(group.amount or 0),
                    "has_declared_amount": group.amount is not None,
                    "reference": group.reference,
                    "bank_reference": group.bank_reference,
                    "opening_amount": float(group.opening),
                    "closing_amount": float(group.closing),
                }
                for group in groups
            ]
        )
        return dict(zip((group.key for group in groups), movements, strict=True))

    def _prepare_line_values(self, line, movement, sequence):
        """Values of a report line for a line of the file; extended by addons whose formats tell more."""
        self.ensure_one()
        return {
            "report_id": self.id,
            "company_id": self.company_id.id,
            "sequence": sequence,
            "movement_id": movement.id if movement else False,
            "line_number": line.line_number,
            "line_type": line.line_type,
            "outcome": line.outcome or False,
            "gross_amount": float(line.gross),
            "fee_amount": float(line.fee),
            "fee_vat_amount": float(line.fee_vat),
            "net_amount": float(line.net),
            "presentment_amount": float(line.presentment_amount),
            "presentment_currency_id": self._currency_of_code(line.presentment_currency),
            "requested_amount": float(line.requested_amount or 0),
            "fee_invoiced_amount": float(line.fee_invoiced),
            **{name: getattr(line, name) or False for name in (*DATE_FIELDS, *TEXT_FIELDS)},
        }

    @api.model
    @ormcache("code")
    def _currency_of_code(self, code):
        """ID of the currency, archived or not; False without code, or where there is none."""
        if not code:
            return False
        return self.env["res.currency"].with_context(active_test=False).search([("name", "=", code)], limit=1).id

    def action_read_again(self):
        """Read the kept file of a failed or discarded report once more, after the provider was corrected."""
        self.ensure_one()
        if self.state not in ("failed", "discarded") or not self.file:
            raise UserError(self.env._("Only a failed or discarded report can be read again."))
        self.check_access("unlink")
        content, filename, provider = base64.b64decode(self.file), self.filename, self.provider_id
        siblings = self.search([("company_id", "=", self.company_id.id), ("file_sha256", "=", self.file_sha256)])
        if siblings.filtered("is_approved"):
            raise UserError(self.env._("Another payout of the same file is approved already; it cannot be read again."))
        siblings.sudo().unlink()  # the file goes on in the reports that are made of it now
        reports = self._import_file(content, filename, provider)
        action = self.env["ir.actions.act_window"]._for_xml_id("paymatch.paymatch_report_action")
        if len(reports) == 1:
            return {**action, "view_mode": "form", "views": [(False, "form")], "res_id": reports.id}
        return {**action, "domain": [("id", "in", reports.ids)]}
