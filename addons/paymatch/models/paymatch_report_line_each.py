from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# The columns that matching fills, with their type in the database; what is not found is emptied.
COLUMNS = {
    "match_state": "varchar",
    "match_move_id": "int4",
    "match_item_id": "int4",
    "route_account_id": "int4",
    "match_reason": "varchar",
    "match_weight": "int4",
    "match_considered": "text",
    "tolerance_id": "int4",
    "write_off_amount": "numeric",
    "rule_id": "int4",
}
NUMBERS = ("match_weight", "write_off_amount")
CHECKED = ("match_move_id", "match_item_id", "route_account_id", "tolerance_id", "rule_id")
#: Rows of one statement.
BATCH = 10_000


class PaymatchReportLine(models.Model):
    _inherit = "paymatch.report.line"

    def _system_write_each(self, found):
        """What matching found for each line, written together: other values for each line, few statements for all.

        :param dict found: line -> values of the columns above, ``candidate_ids``, ``allocation_ids``; lines without
            values are left alone. Fields of other addons are written one by one.
        """
        lines = self.browse([line.id for line in self if found.get(line)])
        if not lines:
            return
        lines.check_access("write")
        lines_sudo = lines.sudo()
        lines_sudo._check_documents(found)
        lines_sudo._write_columns(found)
        lines_sudo._add_candidates(found)
        lines_sudo._add_allocations(found)
        for line in lines_sudo:
            rest = {
                name: value
                for name, value in found[line].items()
                if name not in COLUMNS and name not in ("candidate_ids", "allocation_ids")
            }
            if rest:
                line.write(rest)

    def _check_documents(self, found):
        """As core's check of companies does, once per document instead of once per line."""
        for company in self.company_id:
            own = [found[line] for line in self if line.company_id == company]
            for name in CHECKED:
                ids = dict.fromkeys(values[name] for values in own if values.get(name))
                records = self.env[self._fields[name].comodel_name].browse(ids).with_context(active_test=False)
                foreign = records - records.filtered_domain(records._check_company_domain(company))
                if foreign:
                    raise UserError(
                        self.env._(
                            "%(record)s belongs to another company than %(company)s.",
                            record=foreign[0].display_name,
                            company=company.name,
                        )
                    )

    def _write_columns(self, found):
        self.flush_recordset([*COLUMNS])
        names = [*COLUMNS]
        for at in range(0, len(self), BATCH):
            part = self[at : at + BATCH]
            columns = [[found[line].get(name) or (0 if name in NUMBERS else None) for line in part] for name in names]
            self.env.execute_query(
                SQL(
                    "UPDATE paymatch_report_line line SET %s, write_uid = %s, write_date = %s "
                    "FROM unnest(%s::int4[], %s) AS new(id, %s) WHERE line.id = new.id RETURNING 1",
                    SQL(", ").join(SQL("%(name)s = new.%(name)s", name=SQL.identifier(name)) for name in names),
                    self.env.uid,
                    fields.Datetime.now(),
                    list(part.ids),
                    SQL(", ").join(
                        SQL("%s::" + kind + "[]", column)
                        for column, kind in zip(columns, COLUMNS.values(), strict=True)
                    ),
                    SQL(", ").join(map(SQL.identifier, names)),
                )
            )
        self.invalidate_recordset(names, flush=False)
        self.modified(names)

    def _add_candidates(self, found):
        rows = []
        for line in self:
            for command in found[line].get("candidate_ids") or ():
                rows += [(line.id, move_id) for move_id in command[2]] if command[0] == 6 else []
        if rows:
            self.flush_model(["candidate_ids"])
            field = self._fields["candidate_ids"]
            self.env.execute_query(
                SQL(
                    "INSERT INTO %s (%s, %s) SELECT * FROM unnest(%s::int4[], %s::int4[]) "
                    "ON CONFLICT DO NOTHING RETURNING 1",
                    SQL.identifier(field.relation),
                    SQL.identifier(field.column1),
                    SQL.identifier(field.column2),
                    [row[0] for row in rows],
                    [row[1] for row in rows],
                )
            )
        self.invalidate_recordset(["candidate_ids"], flush=False)
        self.modified(["candidate_ids"])

    def _add_allocations(self, found):
        self.env["paymatch.allocation"].create(
            [{**command[2], "line_id": line.id} for line in self for command in found[line].get("allocation_ids") or ()]
        )
