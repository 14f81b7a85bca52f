import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import formatLang

from odoo.addons.transfer_log.exceptions import TransferError

INVOICE_OPERATIONS = ("invoice_create", "credit_note_create")


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    is_ledger = fields.Boolean(compute="_compute_is_ledger", search="_search_is_ledger")
    ledger_namespace = fields.Char(
        default=lambda self: str(uuid.uuid4()),
        required=True,
        readonly=True,
        copy=False,
        help="Our ids over there are derived from it, so that they are known before the first call.",
    )
    ledger_mapping_ids = fields.One2many("ledger.account.mapping", "connection_id", string="Account Mapping")
    ledger_difference_ids = fields.One2many("ledger.difference", "connection_id", string="Differences")
    ledger_difference_count = fields.Integer(compute="_compute_ledger_difference_count")
    ledger_compare_from = fields.Date(
        string="Compare From",
        default=lambda self: fields.Date.context_today(self),
        help="Invoices dated before are not compared: they were made before the connection.",
    )
    ledger_compare_date = fields.Datetime(string="Last Compared", readonly=True, copy=False)
    ledger_compare_count = fields.Integer(string="Invoices Compared", readonly=True, copy=False)

    def _compute_is_ledger(self):
        kinds = self._ledger_kinds()
        for connection in self:
            connection.is_ledger = connection.kind in kinds

    def _search_is_ledger(self, operator, value):
        if operator not in ("=", "!=", "in", "not in"):
            return NotImplemented
        wants = bool(value) if operator in ("=", "!=") else True in value
        if operator in ("!=", "not in"):
            wants = not wants
        return [("kind", "in" if wants else "not in", self._ledger_kinds())]

    @api.depends("ledger_difference_ids")
    def _compute_ledger_difference_count(self):
        for connection in self:
            connection.ledger_difference_count = len(connection.ledger_difference_ids)

    # ---------------------------------------------------------------- actions

    def action_test_connection(self):
        self.ensure_one()
        with self._ledger_errors_as_text():
            name = self._ledger_test()
        return self._ledger_notification(self.env._("Connected to %(name)s.", name=name), "success")

    def action_ledger_read_accounts(self):
        """Read names and VAT rates of the mapped accounts from the other side."""
        self.ensure_one()
        with self._ledger_errors_as_text():
            accounts = {account["number"]: account for account in self._ledger_read_accounts()}
        for mapping in self.ledger_mapping_ids:
            account = accounts.get(mapping.remote_account)
            mapping.write(
                {
                    "is_checked": bool(account),
                    "remote_name": account and account["name"],
                    "remote_vat_code": account and account["vat_code"],
                    "is_vat_known": bool(account) and account["vat_rate"] is not None,
                    "remote_vat_rate": float(account["vat_rate"] or 0) if account else 0.0,
                }
            )
        return self.action_ledger_check_completeness()

    def action_view_ledger_differences(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ledger_bridge.ledger_difference_action")
        action["domain"] = [("connection_id", "=", self.id)]
        return action

    # --------------------------------------------------------------- business

    @api.model
    def _ledger_of_company(self, company):
        """The one outside ledger of a company."""
        connections = self.sudo().search([("company_id", "=", company.id), ("is_ledger", "=", True)])
        if not connections:
            raise UserError(
                self.env._(
                    "%(company)s is not connected to an outside ledger. Set up a connection under Transfers.",
                    company=company.name,
                )
            )
        if len(connections) > 1:
            raise UserError(
                self.env._(
                    "%(company)s has several outside ledgers (%(names)s). Archive all but one.",
                    company=company.name,
                    names=", ".join(connections.mapped("name")),
                )
            )
        return connections.sudo(False)

    def _ledger_reference(self, record):
        """Names a record of ours over there, and the transfer in the queue."""
        self.ensure_one()
        return f"odoo:{self.sudo().ledger_namespace[:8]}:{record._name}:{record.id}"

    def _ledger_uuid(self, record):
        """The id we choose for a record over there: always the same for the same record."""
        self.ensure_one()
        return str(uuid.uuid5(uuid.UUID(self.sudo().ledger_namespace), f"{record._name}:{record.id}"))

    def _ledger_link(self, record, remote_type):
        self.ensure_one()
        return (
            self.env["ledger.link"]
            .sudo()
            .search(
                [
                    ("connection_id", "=", self.id),
                    ("res_model", "=", record._name),
                    ("res_id", "=", record.id),
                    ("remote_type", "=", remote_type),
                ]
            )
        )

    def _ledger_links_of(self, remote_type, remote_ids=None):
        """Links of this type; with ``remote_ids``, of these records over there."""
        self.ensure_one()
        domain = Domain("connection_id", "=", self.id) & Domain("remote_type", "=", remote_type)
        if remote_ids is not None:
            domain &= Domain("remote_id", "in", [str(one) for one in remote_ids])
        return self.env["ledger.link"].sudo().search(domain)

    def _ledger_store_link(self, record, remote_type, remote_id, number=False, log=None):
        """Link once; a record over there that belongs to another document of ours is refused."""
        link = self._ledger_link(record, remote_type)
        if not link:
            link = link.create(
                {
                    "connection_id": self.id,
                    "res_model": record._name,
                    "res_id": record.id,
                    "remote_type": remote_type,
                    "remote_id": remote_id,
                    "remote_number": number,
                    "log_id": log.id if log else False,
                }
            )
        elif number and link.remote_number != number:
            link.remote_number = number
        return link

    def _ledger_moves_domain(self):
        """Customer documents that belong in the outside ledger."""
        self.ensure_one()
        domain = [
            ("company_id", "=", self.company_id.id),
            ("state", "=", "posted"),
            ("move_type", "in", ("out_invoice", "out_refund")),
        ]
        if self.ledger_compare_from:
            domain.append(("invoice_date", ">=", self.ledger_compare_from))
        return domain

    def _ledger_notification(self, message, kind="info"):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "message": message, "next": {"type": "ir.actions.act_window_close"}},
        }

    def _ledger_errors_as_text(self):
        return _ErrorsAsText()

    # ------------------------------------------------------- transfer queue

    def _transfer_execute(self, log):
        # EXTENDS 'transfer_log'
        if self.kind not in self._ledger_kinds():
            return super()._transfer_execute(log)
        record = self.env[log.res_model].browse(log.res_id).exists()
        if not record:
            raise UserError(self.env._("The document no longer exists."))
        if log.operation == "contact_create":
            return self._ledger_push_contact(record)
        if log.operation in INVOICE_OPERATIONS:
            record._ledger_check_pushable(self)
            return self._ledger_push_invoice(record)
        if log.operation == "compare":
            return {"response": self._ledger_compare()}
        return super()._transfer_execute(log)

    def _transfer_lookup(self, log):
        # EXTENDS 'transfer_log'
        if self.kind not in self._ledger_kinds():
            return super()._transfer_lookup(log)
        if log.operation == "compare":
            return None
        if log.operation == "contact_create" or log.operation in INVOICE_OPERATIONS:
            found = self._ledger_find(log.operation, log.key)
            # a draft is not the whole effect: executing adopts it and goes on from there
            if found and found.get("state") != "draft":
                if log.operation in INVOICE_OPERATIONS:
                    self._ledger_check_adopted(self.env[log.res_model].browse(log.res_id), found)
                return {
                    "remote_id": found["remote_id"],
                    "number": found.get("number"),
                    "response": found.get("response"),
                }
            return None
        return super()._transfer_lookup(log)

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {
            "contact_create": self.env._("Contact"),
            "invoice_create": self.env._("Invoice"),
            "credit_note_create": self.env._("Credit note"),
            "compare": self.env._("Comparison of both sides"),
        }

    def _transfer_done(self, log, result):
        # EXTENDS 'transfer_log'
        res = super()._transfer_done(log, result)
        if self.kind not in self._ledger_kinds():
            return res
        remote_type = {
            "contact_create": "contact",
            "invoice_create": "invoice",
            "credit_note_create": "credit_note",
        }.get(log.operation)
        if remote_type:
            record = self.env[log.res_model].browse(log.res_id)
            if remote_type == "contact" and self._ledger_links_of("contact", [result["remote_id"]]):
                return res  # linked by the push itself, perhaps to the collecting customer
            self._ledger_store_link(record, remote_type, result["remote_id"], result.get("number"), log)
            if remote_type != "contact":
                record._ledger_note_pushed(self, result)
        return res

    # --------------------------------- adapter contract, implemented per kind

    @api.model
    def _ledger_kinds(self):
        """Kinds of connection that lead to an outside ledger. Adapters add theirs."""
        return []

    def _ledger_capabilities(self):
        """What the other side can do: ``totals`` (tells totals before anything is created), ``caller_ids`` (takes ids
        chosen by us), ``idempotency`` (takes an idempotency key), ``credit_notes`` (as a document of their own),
        ``gross_prices`` (takes prices including VAT), ``vouchers`` (general vouchers), ``payments`` (tells them),
        ``line_accounts`` (a line names its account; otherwise its product decides it), ``terms`` (payment
        terms are a list there, which ours are mapped to)."""
        self.ensure_one()
        return frozenset()

    def _ledger_test(self):
        """Ask who we are over there. :return: name of the organisation"""
        raise NotImplementedError

    def _ledger_push_invoice(self, move):
        """Create and book the invoice or credit note, exactly once; adopt a draft left by an earlier attempt.

        :return: ``{"remote_id", "number", "request", "response"}``
        """
        raise NotImplementedError

    def _ledger_find(self, operation, key):
        """Look for the effect of a transfer by its key. Reads only.

        :return: as ``_ledger_read_invoice`` (for a contact at least ``remote_id``), or ``None``
        """
        raise NotImplementedError

    def _ledger_read_invoice(self, remote_id):
        """:return: ``{"remote_id", "number", "reference", "state" (draft, booked), "currency", "net", "vat", "total",
        "remaining", "contact_id", "is_credit_note"}``, amounts as Decimal and positive; ``None``: not there."""
        raise NotImplementedError

    def _ledger_list_invoices(self, date_from, date_to):
        """All invoices and credit notes of the period, as ``_ledger_read_invoice``."""
        raise NotImplementedError

    def _ledger_read_accounts(self):
        """:return: list of ``{"number", "name", "vat_code", "vat_rate"}`` (rate in per cent, Decimal, or
        ``None`` where the other side does not tell it)"""
        raise NotImplementedError

    def _ledger_push_voucher(self, voucher):
        """Book a general voucher: ``{"id", "reference", "date", "text", "lines": [{"account", "amount" (debit
        positive, Decimal), "text"}]}``. :return: ``{"remote_id", "number", "request", "response"}``"""
        raise UserError(
            self.env._("%(name)s does not take vouchers; enter it there by hand and choose Ignore.", name=self.name)
        )

    def _ledger_find_voucher(self, voucher):
        """:return: as ``_ledger_push_voucher`` when it is booked, or ``None``"""
        return None

    def _ledger_gate_text(self, move, differences):
        """The cause, with both amounts and the øre."""
        labels = {
            "net": self.env._("net"),
            "vat_total": self.env._("VAT"),
            "total": self.env._("total"),
        }
        is_line_named = any(difference.kind == "line" for difference in differences)
        digits = move.currency_id.decimal_places

        def amount_text(amount):
            return formatLang(self.env, float(amount), digits=digits)

        lines = []
        for difference in differences:
            if difference.kind == "line":
                label = self.env._("the line “%(line)s”", line=difference.label.splitlines()[0][:80])
            else:
                label = labels.get(difference.kind) or self.env._("VAT %(rate)s %%", rate=f"{difference.rate:f}")
            lines.append(
                self.env._(
                    "%(label)s: Odoo %(ours)s, %(ledger)s %(theirs)s, difference %(difference)s %(currency)s",
                    label=label,
                    ours=amount_text(difference.ours),
                    ledger=self.name,
                    theirs=amount_text(difference.theirs),
                    difference=amount_text(abs(difference.amount)),
                    currency=move.currency_id.name,
                )
            )
        if differences and not is_line_named and all(abs(difference.amount) <= 1 for difference in differences):
            lines.append(
                self.env._("No single line differs: VAT is rounded in another way there (of each line, or of the sum).")
            )
        return self.env._("The amounts do not agree, so nothing was booked:") + "\n" + "\n".join(lines)


class _ErrorsAsText:
    """An error of the other side becomes one a user sees."""

    def __enter__(self):
        return self

    def __exit__(self, _kind, error, _traceback):
        if isinstance(error, TransferError):
            raise UserError("\n".join(filter(None, (error.message, error.advice)))) from error
        return False
