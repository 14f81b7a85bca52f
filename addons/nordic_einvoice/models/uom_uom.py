from odoo import api, models, tools

from odoo.addons.account_edi_ubl_cii.models.account_edi_common import UOM_TO_UNECE_CODE

PIECE = "C62"


class UomUom(models.Model):
    _inherit = "uom.uom"

    @tools.ormcache("self.id")
    def _einvoice_unit(self):
        """Code of UN/ECE recommendation 20; a piece when the unit is the customer's own or none is given."""
        return UOM_TO_UNECE_CODE.get(self.get_external_id().get(self.id), PIECE) if self else PIECE

    @api.model
    def _einvoice_of_code(self, code):
        """The unit of a code of UN/ECE recommendation 20, EA and NAR counting as pieces; none when Odoo has none."""
        code = {"EA": PIECE, "NAR": PIECE, "H87": PIECE}.get(code, code)
        for name, known in UOM_TO_UNECE_CODE.items():
            if known == code:
                return self.env.ref(name, raise_if_not_found=False) or self.browse()
        return self.browse()
