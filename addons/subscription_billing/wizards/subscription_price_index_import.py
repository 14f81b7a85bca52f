import base64

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..formats import FileFault, index_series


class SubscriptionPriceIndexImport(models.TransientModel):
    """Read the values of a price index from a file of the statistical office: shown first, then taken over."""

    _name = "subscription.price.index.import"
    _description = "Import Values of a Price Index"

    index_id = fields.Many2one("subscription.price.index", required=True)
    file = fields.Binary(required=True)
    filename = fields.Char()
    import_series = fields.Char(related="index_id.import_series", readonly=False)
    state = fields.Selection([("file", "File"), ("checked", "Checked")], default="file", required=True)
    new_count = fields.Integer(string="New Months", readonly=True)
    same_count = fields.Integer(string="Already There", readonly=True)
    changed_count = fields.Integer(string="With Another Value", readonly=True)
    changed_text = fields.Text(string="Other Values", readonly=True)
    first_month = fields.Date(string="From", readonly=True)
    last_month = fields.Date(string="To", readonly=True)
    revised = fields.Selection(
        [("keep", "Keep the values that are here"), ("replace", "Take the values of the file")],
        string="Other Values in the File",
        default="keep",
        required=True,
    )

    def action_check(self):
        """What the file would change. Nothing is taken over yet."""
        self.ensure_one()
        values = self._read()
        known = self.index_id._get_series()
        changed = [value for value in values if known.get(value.month, value.value) != value.value]
        self.write(
            {
                "state": "checked",
                "first_month": values[0].month,
                "last_month": values[-1].month,
                "new_count": sum(value.month not in known for value in values),
                "same_count": sum(known.get(value.month) == value.value for value in values),
                "changed_count": len(changed),
                "changed_text": "\n".join(self._get_change_text(known[value.month], value) for value in changed),
            }
        )
        return self._reopen()

    def action_import(self):
        """Take over what is new, and other values where that was chosen."""
        self.ensure_one()
        known = {value.month: value for value in self.index_id.value_ids}
        new = []
        for value in self._read():
            found = known.get(value.month)
            values = {"value": float(value.value), "origin": self.filename}
            if not found:
                new.append({"index_id": self.index_id.id, "month": value.month, **values})
            elif self.revised == "replace" and found.value != float(value.value):
                found.write(values)
        self.env["subscription.price.index.value"].create(new)
        return {"type": "ir.actions.act_window_close"}

    def _get_change_text(self, known, value):
        month = format_date(self.env, value.month, date_format="MM.yyyy")
        return f"{month}: {known.normalize():f} > {value.value.normalize():f}"

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import Values"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _read(self):
        try:
            return index_series.parse(base64.b64decode(self.file or b""), self.import_series or "")
        except FileFault as fault:
            raise UserError(self._get_fault_text(fault)) from fault

    def _get_fault_text(self, fault):
        values = dict(fault.values)
        if "month" in values:
            values["month"] = format_date(self.env, values["month"], date_format="MM.yyyy")
        if "names" in values:
            values["names"] = ", ".join(values["names"])
        text = {
            "empty": self.env._("The file is empty."),
            "too_big": self.env._("The file is too big for a series of months."),
            "no_text": self.env._("This is no text file. Ask the statistical office's page for CSV."),
            "no_months": self.env._("No month with a value was found in the file."),
            "several": self.env._(
                "The file has several series: %s. Enter the name of the one to read.", values.get("names")
            ),
            "unknown_series": self.env._(
                "The file has no series %(name)s. It has: %(names)s.",
                name=values.get("name"),
                names=values.get("names"),
            ),
            "twice": self.env._("%s has two different values.", values.get("month")),
            "not_a_number": self.env._(
                "The value of %(month)s is not a number above zero: %(text)s",
                month=values.get("month"),
                text=values.get("text"),
            ),
        }[fault.code]
        return self.env._("Line %(line)s: %(text)s", line=fault.line, text=text) if fault.line else text
