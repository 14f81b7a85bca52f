from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .. import formats
from .betalingsservice_agreement_log import OWN_LOG

BATCH = 1000
MOST_CHARACTERS = 15
#: What an agreement takes from a record of delivery 0603.
MANDATE_FIELDS = ("state", "mandate_number", "start_date", "end_date", "ended_by")
SILENT = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "betalingsservice_log": OWN_LOG,
}


class BetalingsserviceDelivery(models.Model):
    """Delivery 0603: agreements follow the file, all at once, whatever its size."""

    _inherit = "betalingsservice.delivery"

    missing_count = fields.Integer(compute="_compute_missing_count")

    def _compute_missing_count(self):
        counts = dict(
            self.env["betalingsservice.delivery.line"]._read_group(
                [("delivery_id", "in", self.ids), ("result", "=", "missing")], ["delivery_id"], ["__count"]
            )
        )
        for delivery in self:
            delivery.missing_count = counts.get(delivery, 0)

    @api.model
    def _import_0603(self, content, filename, company):
        parsed = formats.delivery_0603.read(content)
        faults = list(parsed.faults)
        creditors = {}
        if not faults:
            numbers = {m.pbs_number for m in parsed.mandates} | {pbs for pbs, _group in parsed.listed_groups}
            creditors, faults = self._creditors_of(parsed.head, numbers, company)
            faults += self._known_number_fault(parsed.head, company)
        if faults:
            return self._create_failed(content, filename, company, "0603", faults)
        creditor = next(iter(creditors.values()), self.env["betalingsservice.creditor"])
        delivery = self._system_create(
            {
                **self._prepare_in_values(parsed.head, company, creditor),
                "payment_count": len(parsed.mandates),
                "record_count": parsed.records,
            }
        )
        delivery._attach(content, filename)
        delivery._apply_mandates(parsed, creditors)
        if parsed.passed_over:
            delivery.message_post(
                body=self.env._(
                    "%(count)s records about payment slips (sections 0214, 0215 and 0217) were passed over: no "
                    "agreement is in them.",
                    count=parsed.passed_over,
                )
            )
        return delivery

    def _apply_mandates(self, parsed, creditors):
        """Agreements follow the records; customer numbers nobody knows are listed.

        The records are gone through in memory and written at the end: the number of SQL statements grows with the
        thousands of records, not with the records.
        """
        self.ensure_one()
        groups = {
            (group.creditor_id.pbs_number, group.number): group
            for creditor in creditors.values()
            for group in creditor.group_ids
        }
        agreements = self.env["betalingsservice.agreement"].search(
            [("creditor_id", "in", [creditor.id for creditor in creditors.values()]), ("is_moved", "=", False)]
        )
        known = {(agreement.group_id, agreement.customer_key) for agreement in agreements}
        unknown = [
            mandate
            for mandate in parsed.mandates
            if (groups.get((mandate.pbs_number, mandate.debtor_group)), mandate.customer_key) not in known
        ]
        newer = self._told_newer(agreements)
        work = _Work(self, groups, agreements, self._partners_by_key(unknown), newer)
        values = [work.take(mandate) for mandate in parsed.mandates]
        work.store()
        for vals in values:
            state = vals.pop("known", None)
            if state:
                vals["agreement_id"] = state["id"]
        values += self._missing_values(parsed, agreements - newer)
        self.env["betalingsservice.delivery.line"].sudo().create([{**vals, "delivery_id": self.id} for vals in values])

    def _told_newer(self, agreements):
        """Agreements a newer delivery 0603 has told of already: a file that is found late does not turn them back."""
        if not self.date or not agreements:
            return agreements.browse()
        newer = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("direction", "=", "in"),
                ("delivery_type", "=", "0603"),
                ("state", "=", "read"),
                ("subsystem", "=", self.subsystem),
                ("data_supplier_number", "=", self.data_supplier_number),
                ("id", "!=", self.id),
                "|",
                ("date", ">", self.date),
                "&",
                ("date", "=", self.date),
                ("delivery_number", ">", self.delivery_number),
            ]
        )
        if not newer:
            return agreements.browse()
        owners = agreements._owners()
        told = self.env["betalingsservice.delivery.line"]._read_group(
            [("delivery_id", "in", newer.ids), ("agreement_id", "in", list(owners)), ("result", "!=", "missing")],
            ["agreement_id"],
        )
        return agreements.browse({owners[agreement.id] for (agreement,) in told})

    def _partners_by_key(self, mandates):
        """Customers whose own reference makes the customer number, when exactly one has it."""
        keys = {mandate.customer_key for mandate in mandates}
        if not keys:
            return {}
        self.env["res.partner"].flush_model(["ref"])
        # as _reference_number makes it; the collation of the database may know no capital Æ
        number = SQL(
            "left(regexp_replace(translate(upper(ref), 'æøå', 'ÆØÅ'), '[^0-9A-ZÆØÅ]', '', 'g'), %s)", MOST_CHARACTERS
        )
        rows = self.env.execute_query(
            SQL("SELECT id FROM res_partner WHERE ref <> '' AND ltrim(%s, '0') = ANY(%s)", number, list(keys))
        )
        partners = self.env["res.partner"].search_fetch(
            [("id", "in", [row[0] for row in rows]), ("company_id", "in", (self.company_id.id, False))],
            ["ref", "commercial_partner_id"],
        )
        found = {}
        for partner in partners:
            key = formats.records.customer_key(self.env["betalingsservice.agreement"]._reference_number(partner))
            payer = partner.commercial_partner_id
            found[key] = payer if found.get(key, payer) == payer else False
        return found

    def _missing_values(self, parsed, agreements):
        """Active here but not in the operator's list of all in the debtor group: shown, not changed."""
        listed = {
            (m.pbs_number, m.debtor_group, m.customer_key)
            for m in parsed.mandates
            if m.event != "ended" and not m.is_slip
        }
        listed_groups = parsed.listed_groups
        values = []
        for agreement in agreements.filtered(lambda a: a.state == "active"):
            place = (agreement.creditor_id.pbs_number, agreement.group_id.number)
            if place in listed_groups and (*place, agreement.customer_key) not in listed:
                values.append(
                    {
                        "event": "active",
                        "debtor_group": place[1],
                        "pbs_number": place[0],
                        "customer_number": agreement.customer_number,
                        "mandate_number": agreement.mandate_number,
                        "result": "missing",
                        "message": self.env._("Active here, but not in the list of Betalingsservice."),
                        "agreement_id": agreement.id,
                        "partner_id": agreement.partner_id.id,
                    }
                )
        return values

    def action_end_missing(self):
        """End the agreements that the operator's full list does not have: Betalingsservice would draw nothing."""
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: line.result == "missing")
        if not lines:
            raise UserError(self.env._("The list has every active agreement."))
        lines.agreement_id.with_context(betalingsservice_delivery=self).action_end()
        lines.agreement_id.write({"ended_by": "betalingsservice"})
        lines.sudo().write({"result": "ended"})
        return True

    def action_open_unknown(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("betalingsservice.betalingsservice_unknown_action")
        return {**action, "domain": [("delivery_id", "=", self.id), ("result", "=", "unknown")]}


class _Work:
    """What one delivery 0603 makes of the agreements, kept in memory until all records are read."""

    def __init__(self, delivery, groups, agreements, partners, newer):
        self.delivery = delivery
        self.env = delivery.env
        self.groups = groups
        self.partners = partners
        self.newer = set(newer.ids)
        self.logs = []
        self.states = {
            (agreement.group_id, agreement.customer_key): {
                "id": agreement.id,
                "partner_id": agreement.partner_id.id,
                **{name: agreement[name] or False for name in MANDATE_FIELDS},
            }
            for agreement in agreements
        }
        self.before = {state["id"]: dict(state) for state in self.states.values()}

    def take(self, mandate):
        """Values of the line for one record; what it changes is noted."""
        group = self.groups.get((mandate.pbs_number, mandate.debtor_group))
        known = self.states.get((group, mandate.customer_key))
        partner_id = known["partner_id"] if known else self._partner_id(mandate)
        message = ""
        if mandate.is_slip:
            result = "slip"
        elif known and known["id"] in self.newer:
            result = "unchanged"
            message = self.env._("A newer file has told of this agreement already.")
        elif known and self.env["betalingsservice.agreement"]._is_end_of_another(mandate, known):
            result = "unchanged"
            message = self.env._(
                "The end of an earlier mandate: the agreement has mandate %(mandate)s.", mandate=known["mandate_number"]
            )
        elif known:
            result = self._change(known, mandate)
        elif mandate.event == "ended":
            result = "unknown_ended"
            message = self.env._("Cancelled, and never known here.")
        elif not group:
            result = "unknown"
            message = self.env._("There is no debtor group %(number)s.", number=mandate.debtor_group)
        elif partner_id:
            known = self._add(group, mandate, partner_id)
            result = "created"
        else:
            result = "unknown"
            message = self.env._("No customer and no agreement has this number.")
        return {
            "known": known,
            "line_number": mandate.line,
            "event": mandate.event,
            "ended_by": mandate.ended_by or False,
            "debtor_group": mandate.debtor_group,
            "pbs_number": mandate.pbs_number,
            "customer_number": mandate.customer_number.lstrip("0") or "0",
            "mandate_number": mandate.mandate_number,
            "date_start": mandate.start,
            "date_end": mandate.end,
            "result": result,
            "message": message,
            "partner_id": partner_id,
        }

    def _partner_id(self, mandate):
        partner = self.partners.get(mandate.customer_key)
        return partner.id if partner else False

    def _change(self, state, mandate):
        values = self.env["betalingsservice.agreement"]._mandate_values(mandate, state["start_date"])
        changed = {name: value for name, value in values.items() if (state[name] or False) != (value or False)}
        if not changed:
            return "unchanged"
        self._note(state, mandate, state["state"], values["state"])
        state.update(changed)
        return "ended" if mandate.event == "ended" else "changed"

    def _add(self, group, mandate, partner_id):
        Agreement = self.env["betalingsservice.agreement"]
        partner = self.env["res.partner"].browse(partner_id)
        state = {"id": False, **Agreement._prepare_from_mandate(mandate, group, partner)}
        state.update(end_date=False, ended_by=False)
        self._note(state, mandate, False, "active")
        self.states[group, mandate.customer_key] = state
        return state

    def _note(self, state, mandate, state_from, state_to):
        self.logs.append(
            {
                "agreement": state,
                "event": mandate.event,
                "state_from": state_from,
                "state_to": state_to,
                "date": mandate.end or mandate.start or self.delivery.date,
                "ended_by": mandate.ended_by or False,
                "mandate_number": mandate.mandate_number,
                "delivery_id": self.delivery.id,
                "line_number": mandate.line,
            }
        )

    def store(self):
        """Write what the records changed: new agreements, changed ones, and the log."""
        Agreement = self.env["betalingsservice.agreement"].with_context(**SILENT)
        new = [state for state in self.states.values() if not state["id"]]
        created = Agreement.create([{k: v for k, v in state.items() if k != "id"} for state in new])
        for state, agreement in zip(new, created, strict=True):
            state["id"] = agreement.id
        changed = [state for state in self.states.values() if state["id"] in self.before]
        self._update([state for state in changed if state != self.before[state["id"]]])
        for vals in self.logs:
            vals["agreement_id"] = vals.pop("agreement")["id"]
        self.env["betalingsservice.agreement.log"].sudo().create(self.logs)

    def _update(self, states):
        """Numbers and dates by one statement per thousand; states by the ORM, which draft invoices follow."""
        Agreement = self.env["betalingsservice.agreement"].with_context(**SILENT)
        records = Agreement.browse(state["id"] for state in states)
        records.check_access("write")
        records.flush_recordset()
        for place in range(0, len(states), BATCH):
            rows = [
                SQL(
                    "(%s, %s, %s::date, %s::date, %s)",
                    state["id"],
                    state["mandate_number"] or None,
                    state["start_date"] or None,
                    state["end_date"] or None,
                    state["ended_by"] or None,
                )
                for state in states[place : place + BATCH]
            ]
            self.env.cr.execute(
                SQL(
                    """UPDATE betalingsservice_agreement AS agreement
                          SET mandate_number = new.mandate_number, start_date = new.start_date,
                              end_date = new.end_date, ended_by = new.ended_by,
                              write_uid = %s, write_date = %s
                         FROM (VALUES %s) AS new (id, mandate_number, start_date, end_date, ended_by)
                        WHERE agreement.id = new.id""",
                    self.env.uid,
                    fields.Datetime.now(),
                    SQL(", ").join(rows),
                )
            )
        records.invalidate_recordset(["mandate_number", "start_date", "end_date", "ended_by"])
        for value in ("active", "ended"):
            moved = [s["id"] for s in states if s["state"] == value and self.before[s["id"]]["state"] != value]
            Agreement.browse(moved).write({"state": value})
