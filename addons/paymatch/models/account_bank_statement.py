import hashlib
import re
from collections import Counter
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .. import formats

# How the keys of lines end that have no reference of the bank: a hash of the text (and a number where several are
# alike); in earlier versions the text and its number in the file, or the line's place in the file.
WITHOUT_REFERENCE = re.compile(r"/#[0-9a-f]{32}(/\d+)?$|#\d+/[-\d.]+$|(?<!\.\d\d)/\d+$")


class AccountBankStatement(models.Model):
    _inherit = "account.bank.statement"

    paymatch_file_sha256 = fields.Char(copy=False, readonly=True)
    paymatch_known_lines = fields.Text(
        string="Lines Imported Before",
        copy=False,
        readonly=True,
        help="Lines of the file that were here already, with another statement. They are not taken again.",
    )

    @api.model
    def _paymatch_import_file(self, content, filename, journal=None):
        """Import a bank statement as bank statement lines; lines known already are left out.

        A file that begins before the last statement ends brings its new lines; the known ones are named in
        ``paymatch_known_lines``.

        :param journal: bank journal; without it the one with the account number in the file
        :return: ``account.bank.statement``
        """
        # Community gives nobody the right to create bank lines: who may import reports may import these as well.
        self.env["paymatch.report"].check_access("create")
        self.env["paymatch.report"]._refuse_unreadable(content, filename)
        try:
            parsed = formats.parse(content, filename)
        except formats.FormatError as error:
            reason = self.env["paymatch.report"]._format_error_text(error)
            raise UserError(self.env._("%(file)s cannot be read: %(reason)s", file=filename, reason=reason)) from error
        if parsed.kind != "statement":
            raise UserError(self.env._("%s is not a bank statement. Import it as a payment report.", filename))
        faults = parsed.faults()
        if faults:
            raise UserError(
                self.env._(
                    "%(file)s does not add up: %(reason)s",
                    file=filename,
                    reason="; ".join(self.env["paymatch.report"]._fault_text(fault) for fault in faults),
                )
            )
        digest = hashlib.sha256(content).hexdigest()
        if not parsed.lines:
            raise UserError(self.env._("%s holds no bank lines: there is nothing to import.", filename))
        journals, keys, count = {}, {}, Counter()
        for group in parsed.groups:
            journals[group.key] = journal or self._paymatch_find_journal(group)
            keys[group.key] = self._paymatch_line_keys(group, parsed.group_lines(group.key), count)
        known = self._paymatch_known_by_journal(journals, keys)
        statements = self.browse()
        for group in parsed.groups:
            statements |= self._paymatch_create(journals[group.key], group, keys[group.key], known, digest, filename)
        if not statements:
            raise UserError(self.env._("All lines of %s were imported before.", filename))
        return statements

    @api.model
    def _paymatch_find_journal(self, group):
        journals = self.env["account.journal"].search(
            [*self.env["account.journal"]._check_company_domain(self.env.company), ("type", "=", "bank")]
        )
        number = "".join(group.account.split()).upper()
        found = journals.filtered(
            lambda journal: number and journal.bank_account_id.sanitized_acc_number in (number, number.lstrip("0"))
        )
        if len(found) != 1:
            raise UserError(
                self.env._(
                    "No bank journal has the account number %s. Choose the journal, or set the number on it.",
                    group.account,
                )
            )
        return found

    @api.model
    def _paymatch_create(self, journal, group, keys, known, digest, filename):
        currency = journal.currency_id or journal.company_id.currency_id
        if currency.name != group.currency:
            raise UserError(
                self.env._(
                    "The statement is in %(found)s, the journal %(journal)s in %(expected)s.",
                    found=group.currency,
                    journal=journal.name,
                    expected=currency.name,
                )
            )
        journal._paymatch_check_takes_statements()
        known = {key: line for key, line in keys.items() if key in known}
        new = {key: line for key, line in keys.items() if key not in known}
        if not new:  # nor is a statement without lines kept: it would belong to no journal
            return self.browse()
        statement_sudo = self.sudo().create(
            {
                "name": f"{journal.code} {group.date} {group.reference}".strip(),
                "reference": filename,
                "paymatch_file_sha256": digest,
                "paymatch_known_lines": self._paymatch_known_text(journal, known.values()),
                **self._paymatch_balances(group, known, new),
                "line_ids": [
                    (0, 0, self._paymatch_prepare_line_values(journal, line, key)) for key, line in new.items()
                ],
            }
        )
        return statement_sudo.sudo(False)

    @api.model
    def _paymatch_line_keys(self, group, lines, count):
        """Key -> line: what a line is known by in another file of the account too.

        The bank's own reference, or else day, amount and text. Lines that are alike are counted: the second of a day
        is known only where two are known.

        :param count: ``Counter`` of the keys before any number, for all statements of the file
        """
        keys = {}
        for line in lines:
            if line.provider_reference:
                key = f"{group.account}/{line.booking_date}/{line.provider_reference}/{line.net}"
            else:
                text = hashlib.sha256(self._paymatch_own_text(line).encode()).hexdigest()[:32]
                key = f"{group.account}/{line.booking_date}/{line.net:.2f}/#{text}"
            count[key] += 1
            keys[key if count[key] == 1 else f"{key}/{count[key]}"] = line
        return keys

    @api.model
    def _paymatch_known_by_journal(self, journals, keys):
        """The keys of all statements of a file that their journals hold already, before any of them is taken."""
        known = set()
        for journal in set(journals.values()):
            together = {}
            for group, found in keys.items():
                if journals[group] == journal:
                    together.update(found)
            known |= self._paymatch_known(journal, together)
        return known

    @api.model
    def _paymatch_known(self, journal, keys):
        """Those of the keys that the journal holds already, as a set.

        By the key itself; else by day, amount and text, where this file or the one before tells no reference.
        """
        Line = self.env["account.bank.statement.line"]
        imported = Line.search([("journal_id", "=", journal.id), ("paymatch_import_key", "in", list(keys))])
        known = set(imported.mapped("paymatch_import_key"))
        others = Line.search(
            [
                ("journal_id", "=", journal.id),
                ("paymatch_import_key", "!=", False),
                ("id", "not in", imported.ids),
                ("date", "in", sorted({line.booking_date for line in keys.values()})),
            ]
        )
        left = {True: Counter(), False: Counter()}
        for line in others:
            has_reference = not WITHOUT_REFERENCE.search(line.paymatch_import_key)
            left[has_reference][line.date, f"{line.amount:.2f}", line.payment_ref] += 1
        for key, line in keys.items():
            alike = (line.booking_date, f"{line.net:.2f}", self._paymatch_line_text(line))
            for has_reference in (False,) if line.provider_reference else (False, True):
                if key not in known and left[has_reference][alike]:
                    left[has_reference][alike] -= 1
                    known.add(key)
        return known

    @api.model
    def _paymatch_balances(self, group, known, new):
        """The balance before the first new line, and after the last: known lines of its day and before stand before it.

        A file that tells no balance leaves both to the statements before it.
        """
        if not group.has_balance:
            return {}
        first = min((line.booking_date for line in new.values()), default=None)
        before = [line.net for line in known.values() if first and line.booking_date <= first]
        opening = group.opening + sum(before, Decimal(0))
        return {
            "balance_start": float(opening),
            "balance_end_real": float(opening + sum(line.net for line in new.values())),
        }

    @api.model
    def _paymatch_known_text(self, journal, lines):
        currency = journal.currency_id or journal.company_id.currency_id
        rows = [
            f"{format_date(self.env, line.booking_date)}  {currency.format(float(line.net))}  "
            f"{self._paymatch_line_text(line)}"
            for line in lines
        ]
        return "\n".join(rows) or False

    @api.model
    def _paymatch_own_text(self, line):
        text = " ".join(filter(None, [line.payment_id, line.text]))
        return text or line.own_reference or line.provider_reference or ""

    @api.model
    def _paymatch_line_text(self, line):
        return self._paymatch_own_text(line) or self.env._("Bank line")

    @api.model
    def _paymatch_prepare_line_values(self, journal, line, key):
        return {
            "journal_id": journal.id,
            "date": line.booking_date,
            "amount": float(line.net),
            "payment_ref": self._paymatch_line_text(line),
            "partner_name": line.payer_name or False,
            "account_number": line.payer_account or False,
            "paymatch_import_key": key,
        }
