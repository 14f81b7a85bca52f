from odoo import api, models

from ..formats.errors import FIELDS, MESSAGES, DeliveryError
from ..formats.records import Faults


class BetalingsserviceDelivery(models.Model):
    _inherit = "betalingsservice.delivery"

    @api.model
    def _fault_text(self, fault, with_place=True):
        """What the format code found wrong, in the user's language: line, field and reason.

        :param fault: an exception of ``formats``, or a text
        :param with_place: begin with line and field
        """
        if isinstance(fault, Faults):
            return "\n".join(self._fault_text(each, with_place) for each in fault.faults)
        if not isinstance(fault, DeliveryError):
            return str(fault)
        reason = self.env._(MESSAGES[fault.code], **fault.values)
        where = []
        if with_place and fault.line:
            where.append(self.env._("Line %s", fault.line))
        if with_place and fault.name:
            where.append(self.env._(FIELDS[fault.name]))
        return f"{', '.join(where)}: {reason}" if where else reason


class PaymatchReport(models.Model):
    _inherit = "paymatch.report"

    @api.model
    def _format_error_text(self, error):
        # EXTENDS 'paymatch'
        if isinstance(error, (DeliveryError, Faults)):
            return self.env["betalingsservice.delivery"]._fault_text(error)
        return super()._format_error_text(error)
