from odoo import api, fields, models

from .. import formats

PAGE = 200


class BetalingsserviceRecords(models.TransientModel):
    """Leaf through a file of any size, or look for a customer number in it."""

    _name = "betalingsservice.records"
    _description = "Records of a Delivery"

    delivery_id = fields.Many2one("betalingsservice.delivery", required=True, readonly=True, ondelete="cascade")
    search_text = fields.Char(string="Look For", help="A customer number, a name, a reference: any text of the file.")
    page = fields.Integer(default=1)
    position_text = fields.Char(string="Shown", compute="_compute_records_html")
    has_next = fields.Boolean(compute="_compute_records_html")
    records_html = fields.Html(compute="_compute_records_html", sanitize=False)

    @api.depends("delivery_id", "search_text", "page")
    def _compute_records_html(self):
        for wizard in self:
            delivery = wizard.delivery_id
            content = delivery._shown_content()
            text = wizard.search_text or ""
            total = formats.describe.count(content, text)
            first = min((max(wizard.page, 1) - 1) * PAGE + 1, max(total, 1))
            found = list(formats.describe.describe(content, first, PAGE, text))
            wizard.has_next = first + PAGE <= total
            wizard.position_text = self.env._(
                "%(first)s to %(last)s of %(total)s records",
                first=first if found else 0,
                last=first + len(found) - 1 if found else 0,
                total=total,
            )
            wizard.records_html = delivery._records_table(found)

    @api.onchange("search_text")
    def _onchange_search_text(self):
        self.page = 1

    def action_next(self):
        self.page += 1 if self.has_next else 0
        return self._action_open()

    def action_previous(self):
        self.page = max(self.page - 1, 1)
        return self._action_open()

    def _action_open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.delivery_id.name,
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(self.env.ref("betalingsservice.betalingsservice_records_view_form").id, "form")],
            "target": "new",
        }
