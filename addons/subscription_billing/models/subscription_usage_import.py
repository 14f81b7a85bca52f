from decimal import Decimal, InvalidOperation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..formats import FileFault, usage_list


class SubscriptionUsageImport(models.Model):
    """A list of usage: looked at first, then recorded; what is wrong comes back as a file."""

    _name = "subscription.usage.import"
    _description = "Import of Usage"
    _inherit = ["subscription.list.mixin"]
    _order = "id desc"

    state = fields.Selection(
        [("draft", "New"), ("checked", "Checked"), ("done", "Recorded"), ("undone", "Undone")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    ready_count = fields.Integer(string="Good Rows", readonly=True)
    known_count = fields.Integer(string="Recorded Before", readonly=True)
    usage_ids = fields.One2many("subscription.usage", "import_id", readonly=True)

    _file_uniq = models.UniqueIndex("(company_id, sha256) WHERE state = 'done'", "This file was already recorded.")

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | {"state", "ready_count", "known_count"}

    def write(self, vals):
        if {"file", "company_id"} & set(vals) and not self.env.su and self.filtered(lambda i: i.state == "done"):
            raise UserError(self.env._("This list was recorded; import another file as a new list."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if self.filtered(lambda record: record.state == "done"):
            raise UserError(self.env._("A list that was recorded stays as history."))

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_check(self):
        """What the file holds and what is wrong with it. Nothing is recorded."""
        self.ensure_one()
        self.check_access("write")
        if self.state not in ("draft", "checked"):
            raise UserError(self.env._("This list was recorded."))
        self._read_file()

    def action_record(self):
        """Record the good rows; the others come back as a file."""
        self.ensure_one()
        self.check_access("write")
        if self.state not in ("draft", "checked"):
            raise UserError(self.env._("This list was recorded."))
        ready = self._read_file()
        if self.search_count(
            [("company_id", "=", self.company_id.id), ("sha256", "=", self.sha256), ("state", "=", "done")]
        ):
            raise UserError(self.env._("This very file was recorded before."))
        if not ready:
            raise UserError(self.env._("The file has no row that could be recorded."))
        values_list = [{**values, "import_id": self.id} for values in ready]
        self.env["subscription.usage"].sudo().create(values_list)
        self.sudo().state = "done"

    def action_undo(self):
        """Take the whole list back, as long as nothing of it was invoiced."""
        self.ensure_one()
        self.check_access("write")
        self.usage_ids._check_open()
        self.usage_ids.unlink()
        self.sudo().state = "undone"

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _read_file(self):
        data = self._get_data()
        try:
            uses, bad, header = usage_list.parse(data)
        except FileFault as fault:
            raise UserError(self._get_fault_text(fault)) from fault
        ready, known, faults = self._resolve(uses)
        rows = [(row.line, row.cells, self._get_fault_text(row.fault)) for row in bad]
        rows += [(use.line, use.cells, reason) for use, reason in faults]
        counts = {"state": "checked", "ready_count": len(ready), "known_count": known}
        self.sudo().write({**counts, **self._prepare_fault_values(data, header, rows)})
        return ready

    @api.model
    def _record_rows(self, rows):
        """The same for rows over RPC. See `subscription.usage.record_usage`."""
        uses, answers = [], []
        for at, row in enumerate(rows):
            use = _use_of(at, row)
            answers.append({"reference": row.get("reference"), "id": False, "state": "refused", "message": ""})
            if use is None:
                answers[at]["message"] = self.env._("Subscription, date, quantity and reference are needed.")
            else:
                uses.append(use)
        importer = self.new({"company_id": self.env.company.id})
        ready, _known, faults = importer._resolve(uses)
        for use, reason in faults:
            answers[use.line]["message"] = reason
        created = self.env["subscription.usage"].create(ready)
        by_reference = {record.reference: record.id for record in created}
        references = [use.reference for use in uses]
        domain = [("company_id", "=", self.env.company.id), ("reference", "in", references)]
        known = {record.reference: record.id for record in self.env["subscription.usage"].search(domain)}
        for answer in answers:
            if not answer["message"]:
                found = by_reference.pop(answer["reference"], None)
                answer["state"] = "recorded" if found else "known"
                answer["id"] = found or known[answer["reference"]]
        return answers

    def _resolve(self, uses):
        """Rows as values of `subscription.usage`, the number recorded before, and (row, reason) of the rest."""
        env = self.env
        names = list({use.subscription for use in uses})
        found = env["subscription.subscription"].search(
            [("company_id", "=", self.company_id.id), ("name", "in", names), ("state", "!=", "draft")]
        )
        subscriptions = {subscription.name: subscription for subscription in found}
        references = [use.reference for use in uses if use.reference]
        domain = [("company_id", "=", self.company_id.id), ("reference", "in", references)]
        known = {record.reference: record for record in env["subscription.usage"].search(domain)}
        ready, known_count, faults, seen = [], 0, [], {}
        for use in uses:
            values, reason = self._resolve_row(use, subscriptions.get(use.subscription))
            if not reason and use.reference:
                earlier = seen.get(use.reference) or known.get(use.reference)
                if earlier:
                    if all(
                        _same(earlier[name], values[name]) for name in ("line_id", "partner_id", "date", "quantity")
                    ):
                        known_count += 1
                        continue
                    reason = env._("The reference %s stands for another usage already.", use.reference)
                seen[use.reference] = values
            if reason:
                faults.append((use, reason))
            else:
                ready.append(values)
        return ready, known_count, faults

    def _resolve_row(self, use, subscription):
        env = self.env
        if not subscription:
            return None, env._("There is no running subscription %s.", use.subscription)
        lines = subscription.usage_line_ids.filtered("active")
        if use.product:
            wanted = use.product.casefold()
            lines = lines.filtered(
                lambda line: wanted in ((line.product_id.default_code or "").casefold(), line.display_name.casefold())
            )
        if len(lines) != 1:
            if not lines:
                return None, env._("%s has no such usage line.", subscription.name)
            return None, env._("%s has several usage lines; name the product.", subscription.name)
        partner = subscription.partner_id
        if subscription.group_id:
            wanted = use.customer.casefold()
            partner = subscription.group_id.member_ids.partner_id.filtered(
                lambda p: wanted and wanted in ((p.ref or "").casefold(), (p.name or "").casefold())
            )
            if len(partner) != 1:
                return None, env._("No single member of the group is %s.", use.customer or "?")
        values = {
            "line_id": lines.id,
            "partner_id": partner.id,
            "date": use.date,
            "quantity": float(use.quantity),
            "reference": use.reference or False,
            "name": use.text or False,
        }
        start = max(d for d in (subscription.date_start, subscription.bill_from, lines.date_start) if d)
        if use.date < start:
            day = format_date(env, start)
            return None, env._("The usage lies before the first day that is charged, %s.", day)
        if use.date > self.company_id._subscription_today():
            return None, env._("The usage lies in the future.")
        too_late = lines._find_usage_too_late(partner, use.date)
        if too_late:
            return None, too_late
        return values, None


def _same(one, other):
    if isinstance(one, models.BaseModel):
        one = one.id
    if isinstance(one, float):
        return abs(one - other) < 5e-7
    return one == other


def _use_of(line, row):
    """A row over RPC as the row of a file; None when it lacks what is needed."""
    try:
        day = fields.Date.to_date(row.get("date"))
        quantity = Decimal(repr(row["quantity"]))
    except (KeyError, ValueError, TypeError, InvalidOperation):
        return None
    texts = {name: str(row.get(name) or "") for name in ("subscription", "customer", "product", "reference", "text")}
    if not day or not quantity.is_finite() or not texts["subscription"] or not texts["reference"]:
        return None
    return usage_list.Use(line=line, date=day, quantity=quantity, cells=(), **texts)
