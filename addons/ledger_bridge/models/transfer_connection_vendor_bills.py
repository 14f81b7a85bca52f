from dataclasses import asdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .account_move_vendor_bills import BILL_OPERATIONS, REMOTE_TYPES
from .transfer_connection_compare import REMEMBERED_DAYS


class TransferConnectionBills(models.Model):
    """Vendor bills go over through the same gate as invoices: each once, read back, booked or left as a draft."""

    _inherit = "transfer.connection"

    ledger_bills = fields.Selection(
        [
            ("none", "Not sent"),
            ("draft", "Sent as drafts: a person books them there"),
            ("book", "Sent and booked"),
        ],
        string="Vendor Bills",
        default="none",
        required=True,
        tracking=True,
    )
    ledger_takes_bills = fields.Boolean(compute="_compute_ledger_takes_bills")
    ledger_bank_note = fields.Char(string="Bank Details of Vendors", compute="_compute_ledger_takes_bills")

    @api.depends("kind", "name")
    def _compute_ledger_takes_bills(self):
        for connection in self:
            capabilities = connection._ledger_capabilities()
            connection.ledger_takes_bills = "bills" in capabilities
            if "bank_details" in capabilities:
                connection.ledger_bank_note = self.env._(
                    "%(name)s gets the account number of a vendor when it is made there, never a change of it.",
                    name=connection.name,
                )
            else:
                connection.ledger_bank_note = self.env._(
                    "%(name)s keeps no account numbers of vendors: they stay in Odoo.", name=connection.name
                )

    @api.constrains("ledger_bills", "kind")
    def _check_ledger_bills(self):
        for connection in self.filtered(lambda one: one.ledger_bills != "none"):
            capabilities = connection._ledger_capabilities()
            if "bills" not in capabilities:
                raise ValidationError(self.env._("%(name)s does not take vendor bills.", name=connection.name))
            if connection.ledger_bills == "book" and "bill_booking" not in capabilities:
                raise ValidationError(
                    self.env._("%(name)s takes vendor bills as drafts only: a person books them.", name=connection.name)
                )

    # ---------------------------------------------------------------- actions

    def action_ledger_read_accounts(self):
        # EXTENDS 'ledger_bridge'
        self.ensure_one()
        mappings = self.ledger_mapping_ids.filtered("bill_vat_code")
        if mappings:
            with self._ledger_errors_as_text():
                rates = self._ledger_read_vat_codes()
            for mapping in mappings:
                code = mapping._bill_vat_code()
                rate = rates.get(code)
                mapping.write(
                    {
                        "is_bill_code_known": rate is not None,
                        "is_bill_code_missing": bool(code) and code not in rates,
                        "bill_code_rate": float(rate or 0),
                    }
                )
        return super().action_ledger_read_accounts()

    # --------------------------------------------------------------- business

    @api.model
    def _ledger_companies_with_bills(self):
        """Companies whose vendor bills go to an outside ledger."""
        domain = [("is_ledger", "=", True), ("ledger_bills", "!=", "none")]
        return self.sudo().search(domain).company_id.sudo(False)

    def _ledger_find_missing(self):
        # EXTENDS 'ledger_bridge'
        found = super()._ledger_find_missing()
        if self.ledger_bills == "none":
            return found
        domain = [
            ("company_id", "=", self.company_id.id),
            ("state", "=", "posted"),
            ("move_type", "in", list(REMOTE_TYPES)),
            ("date", ">=", self.ledger_compare_from or self._company_today()),
            ("ledger_state", "=", "not_pushed"),
        ]
        return found + list(self._ledger_missing_mappings_of(self.env["account.move"].search(domain)))

    def _ledger_push_vendor(self, move):
        """The vendor of a bill over there; made when missing. :return: its id"""
        self.ensure_one()
        return self._ledger_push_supplier(move.commercial_partner_id)["remote_id"]

    @api.model
    def _ledger_document_operations(self):
        # EXTENDS 'ledger_bridge'
        return super()._ledger_document_operations() + list(BILL_OPERATIONS.values())

    def _ledger_bill_links(self):
        domain = [("connection_id", "=", self.id), ("remote_type", "in", list(REMOTE_TYPES.values()))]
        return self.env["ledger.link"].sudo().search(domain)

    def _ledger_bill_links_to_read(self):
        """Links of the bills whose payments are to be read: no list tells what changed, so those open here, once a
        day, and paid ones once a week."""
        self.ensure_one()
        if self.ledger_payment_master != "theirs" or not self._ledger_reads_bill_payments():
            return self.env["ledger.link"]
        links = self._ledger_bill_links()
        moves = self.env["account.move"].sudo().browse(links.mapped("res_id"))
        settled = set(moves.filtered(lambda move: move.currency_id.is_zero(move.amount_residual)).ids)
        weekday = self._company_today().toordinal() % REMEMBERED_DAYS
        return links.filtered(lambda link: link.res_id not in settled or link.id % REMEMBERED_DAYS == weekday)

    def _ledger_reads_bill_payments(self):
        return "bill_payments" in self._ledger_capabilities()

    # ------------------------------------------------------- transfer queue

    def _transfer_source(self, log):
        # EXTENDS 'transfer_log'
        if self.is_ledger and log.operation in BILL_OPERATIONS.values():
            record = self.env[log.res_model].browse(log.res_id).exists()
            return asdict(record._ledger_prepare_invoice(self)) if record else None
        return super()._transfer_source(log)

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {
            "bill_create": self.env._("Vendor bill"),
            "bill_credit_note_create": self.env._("Vendor credit note"),
        }

    def _transfer_execute(self, log):
        # EXTENDS 'ledger_bridge'
        if not self.is_ledger or log.operation not in BILL_OPERATIONS.values():
            return super()._transfer_execute(log)
        move = self.env[log.res_model].browse(log.res_id).exists()
        if not move:
            raise UserError(self.env._("The document no longer exists."))
        move._ledger_check_pushable(self)
        return self._ledger_push_bill(move)

    def _transfer_lookup(self, log):
        # EXTENDS 'ledger_bridge': executing looks first, and goes on from where an earlier attempt came to
        if self.is_ledger and log.operation in BILL_OPERATIONS.values():
            return None
        return super()._transfer_lookup(log)

    def _transfer_done(self, log, result):
        # EXTENDS 'ledger_bridge': linked before its files follow
        if self.is_ledger and log.operation in BILL_OPERATIONS.values():
            move = self.env[log.res_model].browse(log.res_id)
            remote_type = REMOTE_TYPES[move.move_type]
            self._ledger_store_link(move, remote_type, result["remote_id"], result.get("number"), log)
            move._ledger_note_pushed(self, result)
        return super()._transfer_done(log, result)

    # --------------------------------- adapter contract, implemented per kind

    def _ledger_read_vat_codes(self):
        """:return: ``{code: rate in per cent, Decimal, or None where it is not told}``"""
        return {}

    def _ledger_push_supplier(self, partner):
        """The contact a bill is sent with, made when missing; here: vendors stand in the register of customers.

        :return: as ``_ledger_push_contact``
        """
        return self._ledger_push_contact(partner)

    def _ledger_push_bill(self, move):
        """Make the vendor bill or credit note there, exactly once, and book it where that is chosen; adopt a draft left
        by an earlier attempt. Capabilities: ``bills``, ``bill_booking`` (can book them), ``bank_details`` (keeps the
        account number of a vendor).

        :return: ``{"remote_id", "number", "state" (draft, booked), "request", "response"}``
        """
        raise NotImplementedError

    def _ledger_read_bill(self, remote_id, remote_type):
        """:return: as ``_ledger_read_invoice``, with ``state`` also ``unknown`` where only the person there can tell;
        ``None``: not there"""
        raise NotImplementedError

    def _ledger_read_bill_payments(self, remote_id, known):
        """:return: as ``_ledger_read_payments``; ``None``: they are not told. Capability: ``bill_payments``."""
        return None

    def _ledger_list_bills(self, date_from, date_to):
        """What can be told of the purchases of the period there.

        :return: list of ``{"remote_id", "number", "reference", "date", "state", "is_credit_note", "currency",
            "amounts" (balance of the document by account, Decimal, in the company's currency)}``
        """
        return []
