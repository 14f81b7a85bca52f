import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import formats


class AccountBankStatement(models.Model):
    _inherit = "account.bank.statement"

    paymatch_file_sha256 = fields.Char(copy=False, readonly=True)

    @api.model
    def _paymatch_import_file(self, content, filename, journal=None):
        """Import a bank statement (camt.053) as bank statement lines; lines known already are left out.

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
        statements = self.browse()
        for group in parsed.groups:
            bank_journal = journal or self._paymatch_find_journal(group)
            statements |= self._paymatch_create(bank_journal, group, parsed.group_lines(group.key), digest, filename)
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
    def _paymatch_create(self, journal, group, lines, digest, filename):
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
        keys = {self._paymatch_line_key(group, line, at): line for at, line in enumerate(lines)}
        known = set(
            self.env["account.bank.statement.line"]
            .search([("journal_id", "=", journal.id), ("paymatch_import_key", "in", list(keys))])
            .mapped("paymatch_import_key")
        )
        if known and known == set(keys):
            return self.browse()
        if known:
            raise UserError(
                self.env._(
                    "%(count)s of the %(total)s lines of %(file)s were imported before with another statement. Import "
                    "a file that starts after the last statement.",
                    count=len(known),
                    total=len(keys),
                    file=filename,
                )
            )
        statement_sudo = self.sudo().create(
            {
                "name": f"{journal.code} {group.date} {group.reference}".strip(),
                "reference": filename,
                "paymatch_file_sha256": digest,
                "balance_start": float(group.opening),
                "balance_end_real": float(group.closing),
                "line_ids": [
                    (0, 0, self._paymatch_prepare_line_values(journal, line, key)) for key, line in keys.items()
                ],
            }
        )
        return statement_sudo.sudo(False)

    @api.model
    def _paymatch_line_key(self, group, line, at):
        if line.provider_reference:
            return f"{group.account}/{line.booking_date}/{line.provider_reference}/{line.net}"
        return f"{group.key}/{at}"

    @api.model
    def _paymatch_prepare_line_values(self, journal, line, key):
        text = " ".join(filter(None, [line.payment_id, line.text])) or line.own_reference or line.provider_reference
        return {
            "journal_id": journal.id,
            "date": line.booking_date,
            "amount": float(line.net),
            "payment_ref": text or self.env._("Bank line"),
            "partner_name": line.payer_name or False,
            "account_number": line.payer_account or False,
            "paymatch_import_key": key,
        }
