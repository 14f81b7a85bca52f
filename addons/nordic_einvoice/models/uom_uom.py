from odoo import models, tools

from odoo.addons.account_edi_ubl_cii.models.account_edi_common import UOM_TO_UNECE_CODE

PIECE = "C62"


class UomUom(models.Model):
    _inherit = "uom.uom"

    @tools.ormcache("self.id")
    def _einvoice_unit(self):
        """Code of UN/ECE recommendation 20; a piece when the unit is the customer's own or none is given."""
        return UOM_TO_UNECE_CODE.get(self.get_external_id().get(self.id), PIECE) if self else PIECE
