from odoo import api, models
from odoo.exceptions import AccessError


class SystemFieldsMixin(models.AbstractModel):
    """Records which the program keeps as proof: what is read-only in the views is read-only over RPC too.

    Read-only fields are written by the methods of the model (``_system_write``, ``_system_create``), which demand the
    same access rights. Fields that a user may change are those declared without ``readonly=True``.
    """

    _name = "system.fields.mixin"
    _description = "Fields Written by the Program Only"

    def write(self, vals):
        self._check_system_fields(vals)
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        if not self._can_create_by_hand():
            self._refuse_by_hand()
        return super().create(vals_list)

    @api.model
    def _can_create_by_hand(self):
        """Whether users may create records; else only the methods of the model."""
        return self.env.su

    @api.model
    def _check_system_fields(self, vals):
        if not self.env.su and any(name in self._fields and self._fields[name].readonly for name in vals):
            self._refuse_by_hand()

    @api.model
    def _refuse_by_hand(self):
        name = self.env["ir.model"]._get(self._name).name
        raise AccessError(
            self.env._(
                "“%(model)s” is kept as proof and written by the program only. Use the buttons of the form.", model=name
            )
        )

    def _system_write(self, vals):
        """``write`` by the program, for a user who may write these records."""
        self.check_access("write")
        return self.sudo().write(vals)

    @api.model
    def _system_create(self, vals_list):
        """``create`` by the program, for a user who may create such records."""
        self.browse().check_access("create")
        records = self.sudo().create(vals_list)
        records.with_env(self.env).check_access("create")
        return records.with_env(self.env)
