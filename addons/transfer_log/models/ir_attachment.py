from odoo import models
from odoo.exceptions import AccessError

CONTENT = {"raw", "datas", "db_datas", "store_fname", "checksum", "res_model", "res_id", "res_field", "type", "url"}


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        # EXTENDS 'base'
        if CONTENT & vals.keys():
            self._check_transfer_proof()
        return super().write(vals)

    def unlink(self):
        # EXTENDS 'base'
        self._check_transfer_proof()
        return super().unlink()

    def _check_transfer_proof(self):
        """A file that was sent or received is proof: a user may read it, not replace, move or delete it."""
        proof = self.browse() if self.env.su else self.sudo()._transfer_proof()
        if proof:
            raise AccessError(
                self.env._(
                    "“%(name)s” is kept as proof of what was sent or received. It cannot be changed or deleted.",
                    name=proof[0].name,
                )
            )

    def _transfer_proof(self):
        """Those of these files that are proof of an exchange. Extended by the addons that keep them."""
        return self.browse()
