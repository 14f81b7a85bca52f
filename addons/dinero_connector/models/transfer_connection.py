from decimal import Decimal
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.transfer_log.exceptions import AuthorisationError, RejectedError, TemporaryError, UncertainError

from ..api import payload as dinero
from ..api.client import API_URL, CONNECT_URL, DineroClient, VismaConnect
from ..api.errors import DineroError

LIMIT_PAUSE = 60  # seconds; the limit is per minute


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    kind = fields.Selection(
        selection_add=[("dinero", "Dinero")],
        ondelete={"dinero": lambda connections: connections._transfer_retire()},
    )
    dinero_client_id = fields.Char(string="Client ID", groups="base.group_system", copy=False)
    dinero_client_secret = fields.Char(string="Client Secret", groups="base.group_system", copy=False)
    dinero_organisation_id = fields.Many2one(
        "dinero.organisation",
        string="Organisation",
        domain="[('connection_id', '=', id), ('is_pro', '=', True)]",
        copy=False,
        ondelete="restrict",
    )
    dinero_organisation_ids = fields.One2many("dinero.organisation", "connection_id", string="Organisations")
    dinero_is_connected = fields.Boolean(string="Signed In", compute="_compute_dinero_is_connected")
    dinero_redirect_uri = fields.Char(string="Redirect URI", compute="_compute_dinero_redirect_uri")

    def _compute_dinero_is_connected(self):
        tokens = self.env["dinero.token"].sudo().search([("connection_id", "in", self.ids)])
        for connection in self:
            connection.dinero_is_connected = connection in tokens.connection_id

    def _compute_dinero_redirect_uri(self):
        for connection in self:
            connection.dinero_redirect_uri = connection._dinero_redirect_uri()

    # ---------------------------------------------------------------- actions

    def action_dinero_connect(self):
        """Send the user to Visma Connect."""
        self.ensure_one()
        self.check_access("write")
        if not self.sudo().dinero_client_id or not self.sudo().dinero_client_secret:
            raise UserError(self.env._("Enter the client ID and the client secret first."))
        return {"type": "ir.actions.act_url", "url": self.env["dinero.authorisation"]._start(self), "target": "self"}

    def action_dinero_disconnect(self):
        self.ensure_one()
        self.check_access("write")
        self.env["dinero.token"].sudo().search([("connection_id", "=", self.id)]).unlink()
        self.write({"state": "authorisation", "state_message": self.env._("Disconnected by hand.")})

    def action_dinero_read_organisations(self):
        self.ensure_one()
        self.check_access("write")
        with self._ledger_errors_as_text():
            self._dinero_read_organisations()

    # --------------------------------------------------------------- business

    def _dinero_store_tokens(self, answer):
        """Keep the tokens of a sign-in (``{"access_token", "refresh_token", "expires_in"}``) and read which
        organisations they open."""
        self.ensure_one()
        self.env["dinero.token"]._store(self, answer)
        self.sudo().write({"state": "ok", "state_message": False})
        self.sudo().activity_feedback(["mail.mail_activity_data_todo"])
        with self._ledger_errors_as_text():
            self._dinero_read_organisations()
        self._trigger_queue()

    def _dinero_read_organisations(self):
        self.ensure_one()
        known = {organisation.number: organisation for organisation in self.dinero_organisation_ids}
        for row in self._dinero_call("organizations"):
            values = {"name": row.get("name") or "-", "is_pro": bool(row.get("ispro"))}
            number = str(row.get("id"))
            if number in known:
                known[number].sudo().write(values)
            else:
                self.env["dinero.organisation"].sudo().create(values | {"number": number, "connection_id": self.id})
        usable = self.dinero_organisation_ids.filtered("is_pro")
        if not self.dinero_organisation_id and len(usable) == 1:
            self.sudo().dinero_organisation_id = usable

    def _dinero_redirect_uri(self):
        return f"{self.get_base_url()}/dinero_connector/callback"

    @api.model
    def _dinero_address(self, parameter, default):
        """An address of Dinero or Visma. Tokens go nowhere else: another host is taken only for a test server on
        this machine, and only when the system administrator allowed it."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        address = get_param(f"dinero_connector.{parameter}") or default
        url = urlsplit(address)
        host = url.hostname or ""
        if url.scheme == "https" and any(
            host == name or host.endswith(f".{name}") for name in ("dinero.dk", "visma.com")
        ):
            return address
        if host in ("127.0.0.1", "localhost") and get_param("dinero_connector.test_server") == "1":
            return address
        raise UserError(
            self.env._(
                "%(address)s is no address of Dinero or Visma (parameter dinero_connector.%(name)s).",
                address=address,
                name=parameter,
            )
        )

    def _dinero_connect(self):
        self.ensure_one()
        connection = self.sudo()
        url = self._dinero_address("connect_url", CONNECT_URL)
        return VismaConnect(connection.dinero_client_id, connection.dinero_client_secret, url=url)

    def _dinero_client(self):
        self.ensure_one()
        tokens = self.env["dinero.token"]
        return DineroClient(
            self.sudo().dinero_organisation_id.number or 0,
            lambda refused=None: tokens._access_token(self, refused),
            url=self._dinero_address("api_url", API_URL),
        )

    def _dinero_call(self, method, *arguments, is_write=False, **options):
        """One call of the client; its errors become those of the queue."""
        self.ensure_one()
        if method != "organizations" and not self.sudo().dinero_organisation_id:
            raise AuthorisationError(self.env._("Choose the organisation in Dinero on the connection."))
        try:
            return getattr(self._dinero_client(), method)(*arguments, **options)
        except DineroError as error:
            raise self._dinero_transfer_error(error, is_write) from error

    def _dinero_transfer_error(self, error, is_write):
        """What a DineroError means to the queue, in the user's words."""
        bodies = {"request": error.request, "response": error.response}
        details = error.details
        if error.kind == "authorisation":
            return AuthorisationError(
                self.env._("Dinero no longer lets us in. Press Connect on the connection and sign in."), **bodies
            )
        if error.kind == "no_pro":
            return AuthorisationError(
                self.env._("The organisation has no Dinero Pro subscription, which the connection needs."), **bodies
            )
        if error.kind == "limit":
            return TemporaryError(
                self.env._("Dinero's limit of calls per minute is used up."),
                retry_after=LIMIT_PAUSE,
                whole_connection=True,
                **bodies,
            )
        if error.kind == "not_sent":
            return TemporaryError(self.env._("Dinero cannot be reached."), **bodies)
        if error.kind in ("unavailable", "no_answer"):
            if is_write:
                return UncertainError(
                    self.env._("Dinero did not answer; it may have been carried out. %(text)s", text=details).strip(),
                    advice=self.env._("It is looked up in Dinero before anything is sent again."),
                    **bodies,
                )
            return TemporaryError(self.env._("Dinero did not answer. %(text)s", text=details).strip(), **bodies)
        if error.kind == "stale":
            # the next attempt reads it anew and goes through the amount gate again
            return TemporaryError(
                self.env._("The document was changed in Dinero at the same moment; it is checked once more."), **bodies
            )
        if error.kind == "forbidden":
            return RejectedError(self.env._("Dinero does not allow this: %(text)s", text=details), **bodies)
        return RejectedError(self.env._("Dinero refused it: %(text)s", text=details), **bodies)

    # -------------------------------------------------------- adapter contract

    @api.model
    def _ledger_kinds(self):
        # EXTENDS 'ledger_bridge'
        return super()._ledger_kinds() + ["dinero"]

    def _ledger_capabilities(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_capabilities()
        return frozenset({"totals", "caller_ids", "credit_notes", "gross_prices", "vouchers", "payments"})

    def _ledger_test(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_test()
        self._dinero_read_organisations()
        if not self.dinero_organisation_id:
            raise AuthorisationError(self.env._("Choose the organisation in Dinero on the connection."))
        return self.dinero_organisation_id.name

    def _ledger_read_accounts(self):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_read_accounts()
        rates = {row.get("vatcode"): Decimal(row.get("vatrate") or 0) * 100 for row in self._dinero_call("vat_types")}
        return [
            {
                "number": str(row.get("accountnumber")),
                "name": row.get("name") or "",
                "vat_code": row.get("vatcode") or "",
                "vat_rate": rates.get(row.get("vatcode"), Decimal(0)),
            }
            for row in self._dinero_call("accounts")
        ]

    def _ledger_find(self, operation, key):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_find(operation, key)
        model, record_id = key.rsplit(":", 2)[1:]
        record = self.env[model].browse(int(record_id))
        if operation == "contact_create":
            guid = self._dinero_find_contact(record, is_guessing=False)
            return {"remote_id": guid} if guid else None
        kind = dinero.CREDIT_NOTES if operation == "credit_note_create" else dinero.INVOICES
        answer = self._dinero_find_voucher(kind, record)
        return self._dinero_normalise(answer, kind) if answer else None

    # contacts

    def _ledger_push_contact(self, partner):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_push_contact(partner)
        partner = partner.commercial_partner_id
        link = self._ledger_link(partner, "contact")
        if link:
            return {"remote_id": link.remote_id}
        guid = self._dinero_find_contact(partner)
        body = None
        if not guid:
            body = self._dinero_contact_body(partner)
            answer = self._dinero_call("create_contact", body, is_write=True)
            guid = answer.get("contactguid") or body["ContactGuid"]
        self._ledger_store_link(partner, "contact", guid)
        return {"remote_id": guid, "request": body, "response": {"ContactGuid": guid}}

    def _dinero_find_contact(self, partner, is_guessing=True):
        """Guid of the contact that is this partner: by our id and reference, and by CVR, EAN or e-mail of a
        contact that was there before us. Two that fit: nothing is guessed."""
        guid = self._ledger_uuid(partner)
        if self._dinero_call("contact", guid):
            return guid
        searches = [{"ExternalReference": self._ledger_reference(partner)}]
        if is_guessing:
            if partner.is_company and partner.vat:
                searches.append({"VatNumber": self._dinero_vat(partner)})
            if partner.email:
                searches.append({"Email": partner.email})
        for search in searches:
            found = [row for row in self._dinero_call("find_contacts", **search) if not row.get("deletedat")]
            taken = self._dinero_linked_contacts(found)
            found = [row for row in found if row["contactguid"] not in taken]
            if len(found) > 1:
                raise RejectedError(
                    self.env._(
                        "Dinero has %(count)s contacts with the same %(field)s as %(name)s: nothing is guessed.",
                        count=len(found),
                        field=next(iter(search)),
                        name=partner.display_name,
                    ),
                    advice=self.env._("Merge them in Dinero, or link the right one."),
                    response=found,
                )
            if found:
                return found[0]["contactguid"]
        return None

    def _dinero_linked_contacts(self, rows):
        """Contacts that belong to another partner of ours already."""
        links = (
            self.env["ledger.link"]
            .sudo()
            .search(
                [
                    ("connection_id", "=", self.id),
                    ("remote_type", "=", "contact"),
                    ("remote_id", "in", [row["contactguid"] for row in rows]),
                ]
            )
        )
        return set(links.mapped("remote_id"))

    def _dinero_vat(self, partner):
        """A Danish number without its country; others as they are (A6.1)."""
        number = "".join((partner.vat or "").split()).upper()
        return number.removeprefix("DK") if partner.country_id.code == "DK" else number

    def _dinero_contact_body(self, partner):
        if not partner.country_id:
            raise UserError(self.env._("The customer %(name)s has no country.", name=partner.display_name))
        is_company = partner.is_company or bool(partner.vat)
        return {
            "ContactGuid": self._ledger_uuid(partner),
            "ExternalReference": self._ledger_reference(partner),
            "Name": partner.name,
            "Street": " ".join(filter(None, (partner.street, partner.street2))) or None,
            "ZipCode": partner.zip or None,
            "City": partner.city or None,
            "CountryKey": partner.country_id.code,
            "Phone": partner.phone or None,
            "Email": partner.email or None,
            "VatNumber": (self._dinero_vat(partner) or None) if is_company else None,
            "IsPerson": not is_company,
            "IsMember": False,
            "UseCvr": False,
        }

    # invoices and credit notes

    def _ledger_push_invoice(self, move):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_push_invoice(move)
        kind = dinero.CREDIT_NOTES if move.move_type == "out_refund" else dinero.INVOICES
        contact = self._ledger_push_contact(move.commercial_partner_id)["remote_id"]
        record = move._ledger_prepare_invoice(self, contact)
        body = dinero.invoice_body(record, self._ledger_uuid(move))
        existing = self._dinero_find_voucher(kind, move)
        if existing and dinero.is_booked(existing):
            self._dinero_check(move, record, body, existing)
            return self._dinero_pushed(kind, body, existing)
        calculated = self._dinero_call("fetch_totals", kind, body)
        self._dinero_gate(move, record, body, calculated)
        if existing:
            # a draft of an earlier attempt, or one somebody changed: make it ours again
            guid = existing["guid"]
            self._dinero_call(
                "update_voucher", kind, guid, body | {"Guid": guid, "Timestamp": existing["timestamp"]}, is_write=True
            )
        else:
            created = self._dinero_call("create_voucher", kind, body, is_write=True)
            guid = created.get("guid") or body["Guid"]
        draft = self._dinero_call("voucher", kind, guid)
        if not draft:
            raise UncertainError(self.env._("Dinero took the document, but does not show it."), request=body)
        self._dinero_check(move, record, body, draft)
        self._dinero_call("book_voucher", kind, guid, draft["timestamp"], is_write=True)
        booked = self._dinero_call("voucher", kind, guid)
        if not booked or not dinero.is_booked(booked):
            raise UncertainError(
                self.env._("Dinero does not show the document as booked."), request=body, response=booked
            )
        return self._dinero_pushed(kind, body, booked)

    def _dinero_pushed(self, kind, body, answer):
        return {
            "remote_id": answer["guid"],
            "number": str(answer.get("number") or ""),
            "request": body,
            "response": answer,
        }

    def _dinero_find_voucher(self, kind, move):
        """The document as it is in Dinero: by our guid, then by our reference. Two: stop."""
        guid = self._ledger_uuid(move)
        answer = self._dinero_call("voucher", kind, guid)
        if answer and not answer.get("deletedat"):
            return answer
        rows = self._dinero_call("find_vouchers", kind, ExternalReference=self._ledger_reference(move))
        rows = [row for row in rows if not row.get("deletedat")]
        if len(rows) > 1:
            raise RejectedError(
                self.env._("Dinero holds %(count)s documents of %(name)s.", count=len(rows), name=move.name),
                advice=self.env._("Delete or credit all but one in Dinero, then choose Retry."),
                response=rows,
            )
        return self._dinero_call("voucher", kind, rows[0]["guid"]) if rows else None

    def _dinero_gate(self, move, record, body, answer):
        differences = move._ledger_gate(record, dinero.totals(answer))
        if differences:
            raise RejectedError(
                self._ledger_gate_text(move, differences),
                advice=self.env._(
                    "Nothing is forced to balance: correct the invoice or the mapping, then choose Retry."
                ),
                request=body,
                response=answer,
            )

    def _dinero_check(self, move, record, body, answer):
        """Amounts again, and what Dinero may have dropped silently."""
        self._dinero_gate(move, record, body, answer)
        unequal = dinero.same_document(body, answer)
        if unequal:
            raise RejectedError(
                self.env._("Dinero did not keep what was sent: %(fields)s.", fields=", ".join(unequal)),
                request=body,
                response=answer,
            )

    def _ledger_read_invoice(self, remote_id):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_read_invoice(remote_id)
        for kind in (dinero.INVOICES, dinero.CREDIT_NOTES):
            answer = self._dinero_call("voucher", kind, remote_id)
            if answer and not answer.get("deletedat"):
                return self._dinero_normalise(answer, kind)
        return None

    def _ledger_list_invoices(self, date_from, date_to):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_list_invoices(date_from, date_to)
        found = []
        period = {"startDate": date_from.isoformat(), "endDate": date_to.isoformat()}
        for kind in (dinero.INVOICES, dinero.CREDIT_NOTES):
            rows = self._dinero_call("list_vouchers", kind, **period)
            found += [self._dinero_normalise(row, kind) for row in rows if not row.get("deletedat")]
        return found

    def _dinero_normalise(self, row, kind):
        net, total = dinero.amount(row, "TotalExclVat"), dinero.amount(row, "TotalInclVat")
        status = str(row.get("paymentstatus") or row.get("status")).lower()
        if status == "draft":
            remaining = total
        elif status == "paid":
            remaining = Decimal("0.00")
        else:
            # part and over payments stand with the payments only
            remaining = dinero.amount(self._dinero_call("payments", kind, row["guid"]) or {}, "RemainingAmount")
        return {
            "remote_id": row["guid"],
            "number": str(row.get("number") or ""),
            "reference": row.get("externalreference") or "",
            "state": "draft" if status == "draft" else "booked",
            "currency": row.get("currency") or "DKK",
            "net": net,
            "vat": total - net,
            "total": total,
            "remaining": remaining,
            "contact_id": row.get("contactguid") or "",
            "is_credit_note": kind == dinero.CREDIT_NOTES,
            "response": row,
        }

    # vouchers

    def _ledger_push_voucher(self, voucher):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_push_voucher(voucher)
        body = dinero.voucher_body(voucher)
        found = self._ledger_find_voucher(voucher)
        if found:
            return found
        created = self._dinero_call("create_manual", body, is_write=True)
        # a draft without answer cannot be found again: it stays unbooked over there, and only one is ever booked
        guid = created.get("voucherguid") or created.get("guid")
        draft = self._dinero_call("manual", guid)
        unequal = dinero.unequal_voucher(body, draft or {})
        if unequal:
            raise RejectedError(
                self.env._("Dinero did not keep what was sent: %(fields)s.", fields=", ".join(unequal)),
                advice=self.env._("Delete the draft in Dinero, correct the mapping, then choose Retry."),
                request=body,
                response=draft,
            )
        self._dinero_call("book_manual", guid, draft["timestamp"], is_write=True)
        booked = self._dinero_call("manual", guid)
        if not booked or not dinero.is_booked(booked):
            raise UncertainError(
                self.env._("Dinero does not show the document as booked."), request=body, response=booked
            )
        number = str(booked.get("vouchernumber") or "")
        return {"remote_id": guid, "number": number, "request": body, "response": booked}

    def _ledger_find_voucher(self, voucher):
        # EXTENDS 'ledger_bridge': there is no list of vouchers; our reference stands in the text of its entries
        if self.kind != "dinero":
            return super()._ledger_find_voucher(voucher)
        day = voucher["date"].isoformat()
        rows = [
            row
            for row in self._dinero_call("entries", day, day)
            if voucher["reference"] in str(row.get("description") or "").split()
        ]
        found = {row.get("voucherguid"): str(row.get("vouchernumber") or "") for row in rows}
        if len(found) > 1:
            raise RejectedError(
                self.env._("Dinero holds %(count)s documents of %(name)s.", count=len(found), name=voucher["text"]),
                response=rows,
            )
        for guid, number in found.items():
            return {"remote_id": guid, "number": number, "response": rows}
        return None

    @api.model
    def _cron_dinero_keep_alive(self):
        """Renew once a day, so that a limit on unused refresh tokens does not end the connection."""
        for connection in self.search([("kind", "=", "dinero"), ("state", "!=", "authorisation")]):
            if connection.dinero_is_connected:
                key = f"keep_alive:{connection._company_today()}"
                connection._transfer_enqueue("keep_alive", connection, key, direction="in")

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {
            "keep_alive": self.env._("Renewal of the sign-in"),
        }

    def _transfer_execute(self, log):
        # EXTENDS 'ledger_bridge'
        if self.kind == "dinero" and log.operation == "keep_alive":
            self.env["dinero.token"]._access_token(self)
            self._dinero_call("organizations")
            return {}
        return super()._transfer_execute(log)

    def _transfer_lookup(self, log):
        # EXTENDS 'ledger_bridge'
        if self.kind == "dinero" and log.operation == "keep_alive":
            return None
        return super()._transfer_lookup(log)
