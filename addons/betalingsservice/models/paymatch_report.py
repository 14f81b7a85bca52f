import base64

from odoo import api, models

from ..formats import delivery_0602


class PaymatchReport(models.Model):
    _inherit = "paymatch.report"

    @api.model
    def _create_report(self, base, provider, parsed, part, groups, lines):
        # EXTENDS 'paymatch'
        report = super()._create_report(base, provider, parsed, part, groups, lines)
        if report.format == delivery_0602.code:
            report._take_up_betalingsservice()
        return report

    def _take_up_betalingsservice(self):
        """Register the delivery, refuse what is foreign or known, and find the collections."""
        self.ensure_one()
        Delivery = self.env["betalingsservice.delivery"]
        content = base64.b64decode(self.file)
        parsed = delivery_0602.read(content)
        creditors, faults = Delivery._creditors_of(
            parsed.head, {payment.pbs_number for payment in parsed.payments}, self.company_id
        )
        faults += Delivery._known_number_fault(parsed.head, self.company_id)
        if faults:
            self._system_write({"error_message": "\n".join(filter(None, [self.error_message, *faults]))})
            return
        creditor = next(iter(creditors.values()), self.env["betalingsservice.creditor"])
        delivery = Delivery._system_create(
            {
                **Delivery._prepare_in_values(parsed.head, self.company_id, creditor),
                "report_id": self.id,
                "payment_count": len(parsed.payments),
                "record_count": parsed.records,
                "amount_total": float(parsed.amount),
            }
        )
        delivery._attach(content, self.filename)
        self.line_ids._find_betalingsservice_collections(creditors)

    def _match_candidates(self, line, index):
        # EXTENDS 'paymatch'
        collection = line.betalingsservice_collection_id
        if collection:
            yield self.env._("collection %s", collection.reference), [collection.move_id]
        yield from super()._match_candidates(line, index)

    def _after_undo(self):
        # EXTENDS 'paymatch'
        result = super()._after_undo()
        for line in self.line_ids.filtered("betalingsservice_collection_id"):
            line.betalingsservice_collection_id._undo_outcome(line)
        return result
