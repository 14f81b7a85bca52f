import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.transfer_log.exceptions import RejectedError

from .. import contacts

DEFAULT_KEYS = ("vat", "email")


class TransferConnectionContacts(models.Model):
    """Customers and vendors over there: created once, updated field by field, recognised without guessing."""

    _inherit = "transfer.connection"

    ledger_contact_rule_ids = fields.One2many("ledger.contact.rule", "connection_id", string="Contact Rules")
    ledger_contact_field_ids = fields.One2many("ledger.contact.field", "connection_id", string="Contact Fields")

    @api.model_create_multi
    def create(self, vals_list):
        connections = super().create(vals_list)
        connections.filtered("is_ledger")._ledger_add_contact_fields()
        return connections

    def _ledger_add_contact_fields(self):
        for connection in self:
            known = connection.ledger_contact_field_ids.mapped("field")
            self.env["ledger.contact.field"].create(
                [
                    {"connection_id": connection.id, "field": name, "sequence": index}
                    for index, name in enumerate(contacts.FIELDS)
                    if name not in known
                ]
            )

    # ---------------------------------------------------------------- actions

    def action_ledger_match_contacts(self):
        """Read the contacts over there and propose which of ours they are. Links nothing by itself."""
        self.ensure_one()
        self.check_access("write")
        with self._ledger_errors_as_text():
            theirs = self._ledger_contact_list()
        linked = set(self._ledger_links_of("contact").mapped("remote_id"))
        rows = {row["remote_id"]: row for row in theirs if row["remote_id"] not in linked}
        self.env["ledger.contact.match"]._read_again(self, self._ledger_contact_proposals(rows))
        action = self.env["ir.actions.act_window"]._for_xml_id("ledger_bridge.ledger_contact_match_action")
        action["domain"] = [("connection_id", "=", self.id)]
        return action

    def _ledger_contact_proposals(self, rows):
        """Values of ``ledger.contact.match`` for contacts over there that nobody is linked to."""
        partners = self._ledger_contact_candidates()
        links, conflicts = {}, {}
        by_keys = {}
        for partner in partners:
            by_keys.setdefault(self._ledger_contact_keys(partner), []).append(partner)
        remote = [(remote_id, row) for remote_id, row in rows.items()]
        for keys, group in by_keys.items():
            ours = [(partner.id, partner._ledger_contact_key_values()) for partner in group]
            found, unclear = contacts.match(ours, remote, keys)
            links |= found
            conflicts |= unclear
        # rules of two types may claim the same contact there
        claimed = {}
        for partner_id, (remote_id, _key) in links.items():
            claimed.setdefault(remote_id, []).append(partner_id)
        values = []
        for partner_id, (remote_id, key) in links.items():
            is_sure = len(claimed[remote_id]) == 1 and not any(remote_id in ids for ids, _key in conflicts.values())
            state = "proposed" if is_sure else "conflict"
            values.append(self._ledger_match_values(partner_id, rows[remote_id], key, state))
        for partner_id, (remote_ids, key) in conflicts.items():
            values += [self._ledger_match_values(partner_id, rows[one], key, "conflict") for one in remote_ids]
        return values

    def _ledger_match_values(self, partner_id, row, key, state):
        details = " · ".join(row[name] for name in ("vat", "email", "phone", "zip", "city") if row.get(name))
        return {
            "partner_id": partner_id,
            "remote_id": row["remote_id"],
            "remote_name": row.get("name"),
            "remote_details": details,
            "key": key,
            "state": state,
        }

    def _ledger_contact_candidates(self):
        """Customers and vendors of the company that have no link."""
        linked = self._ledger_links_of("contact").mapped("res_id")
        domain = Domain("company_id", "in", (False, self.company_id.id)) & Domain("id", "not in", linked)
        domain &= Domain("customer_rank", ">", 0) | Domain("supplier_rank", ">", 0)
        return self.env["res.partner"].search(domain).filtered(lambda partner: partner == partner.commercial_partner_id)

    # --------------------------------------------------------------- business

    def _ledger_contact_rule(self, partner):
        """The rule for this contact; subscriptions have rules of their own (context ``ledger_subscription``)."""
        self.ensure_one()
        customer_type = partner._ledger_customer_type()
        rules = self.sudo().ledger_contact_rule_ids.filtered(lambda rule: rule.customer_type == customer_type)
        if not self.env.context.get("ledger_subscription"):
            return rules.filtered(lambda rule: not rule.is_subscription)
        return rules.sorted("is_subscription", reverse=True)[:1]

    def _ledger_contact_keys(self, partner):
        """By what a contact that was there before us is recognised, in this order."""
        rule = self._ledger_contact_rule(partner)
        if rule:
            return () if rule.key == "none" else (rule.key,)
        return DEFAULT_KEYS if partner._ledger_customer_type() != "person" else ("email",)

    def _ledger_contact_directions(self):
        """Direction of each field; a field without a line goes to the ledger."""
        chosen = {line.field: line.direction for line in self.sudo().ledger_contact_field_ids}
        return {name: chosen.get(name, contacts.TO) for name in contacts.FIELDS}

    def _ledger_contact_body(self, partner):
        """What a new contact is created with: everything that goes to the ledger. No ledger takes a contact without
        a name and a country."""
        values = partner._ledger_contact_values()
        directions = self._ledger_contact_directions()
        return {
            name: value
            for name, value in values.items()
            if directions[name] == contacts.TO or name in ("name", "country")
        }

    def _ledger_push_contact(self, partner):
        """Make sure the contact is there, exactly once: known link, our own id, the key of its rule, and only then a
        new one. Two that fit: RejectedError, nothing is guessed.

        :return: ``{"remote_id", "request", "response"}``
        """
        partner = partner.commercial_partner_id
        link = self._ledger_link(partner, "contact")
        if link:
            return {"remote_id": link.remote_id}
        rule = self._ledger_contact_rule(partner)
        if rule.collecting_partner_id and rule.collecting_partner_id != partner:
            return self._ledger_push_contact(rule.collecting_partner_id)
        request, snapshot = None, False
        remote_id = self._ledger_contact_own(partner) or self._ledger_contact_identify(partner)
        if not remote_id:
            if rule.on_missing == "never":
                raise RejectedError(
                    self.env._("%(name)s is not in the ledger, and its rule creates nobody.", name=partner.name),
                    advice=self.env._("Create or link it there, or change the rule on the connection, then Retry."),
                )
            remote_id, request = self._ledger_contact_create(partner, rule)
            body = self._ledger_contact_body(partner)
            snapshot = json.dumps({name: body.get(name, "") for name in contacts.FIELDS})
        self._ledger_store_link(partner, "contact", remote_id).contact_snapshot = snapshot
        return {"remote_id": remote_id, "request": request, "response": {"id": remote_id}}

    def _ledger_contact_identify(self, partner):
        """The contact that was there before us, or ``None``."""
        values = partner._ledger_contact_key_values()
        for key in self._ledger_contact_keys(partner):
            if not contacts.key_of(key, values[key]):
                continue
            rows = self._ledger_contact_search(key, values[key])
            taken = set(self._ledger_links_of("contact", [row["remote_id"] for row in rows]).mapped("remote_id"))
            rows = [row for row in rows if row["remote_id"] not in taken]
            if len(rows) > 1:
                labels = dict(self.env["ledger.contact.rule"]._fields["key"]._description_selection(self.env))
                raise RejectedError(
                    self.env._(
                        "%(ledger)s has %(count)s contacts with the same %(field)s as %(name)s: nothing is guessed.",
                        ledger=self.name,
                        count=len(rows),
                        field=labels[key],
                        name=partner.display_name,
                    ),
                    advice=self.env._("Merge them there, or link the right one under Match contacts."),
                    response=rows,
                )
            if rows:
                return rows[0]["remote_id"]
        return None

    def _ledger_update_contact(self, partner):
        """Bring the contact in step, field by field. Reads before it writes, and reads back."""
        partner = partner.commercial_partner_id
        link = self._ledger_link(partner, "contact")
        if not link:
            return self._ledger_push_contact(partner)
        if self._ledger_contact_rule(partner).on_existing == "never":
            return {"remote_id": link.remote_id}
        return self._ledger_bring_in_step(
            "contact",
            partner,
            link,
            self._ledger_contact_directions(),
            partner._ledger_contact_values(),
            contacts.FIELDS,
        )

    # ------------------------------------------------------- transfer queue

    def _transfer_execute(self, log):
        # EXTENDS 'transfer_log'
        if log.operation == "contact_update" and self.kind in self._ledger_kinds():
            record = self.env[log.res_model].browse(log.res_id).exists()
            if not record:
                raise UserError(self.env._("The contact no longer exists."))
            return self._ledger_update_contact(record)
        return super()._transfer_execute(log)

    def _transfer_lookup(self, log):
        # EXTENDS 'transfer_log': an update reads before it writes, and writes the same again
        if log.operation == "contact_update" and self.kind in self._ledger_kinds():
            return None
        return super()._transfer_lookup(log)

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {"contact_update": self.env._("Update of a contact")}

    # --------------------------------- adapter contract, implemented per kind

    def _ledger_contact_own(self, partner):
        """Id of the contact that carries our own id or reference, or ``None``."""
        raise NotImplementedError

    def _ledger_contact_search(self, key, value):
        """Contacts with this value of a key (``contacts.KEYS``), as ``_ledger_contact_list``; deleted ones not."""
        raise NotImplementedError

    def _ledger_contact_list(self):
        """All contacts that are not deleted: ``{"remote_id", "number"}`` and ``contacts.FIELDS``, texts."""
        raise NotImplementedError

    def _ledger_contact_read(self, remote_id):
        """One contact, as ``_ledger_contact_list``; ``None``: not there, or deleted."""
        raise NotImplementedError

    def _ledger_contact_create(self, partner, rule):
        """:return: ``(remote id, body that was sent)``"""
        raise NotImplementedError

    def _ledger_contact_write(self, remote_id, values):
        """Change these fields (``contacts.FIELDS``) and leave every other as it is over there."""
        raise NotImplementedError
