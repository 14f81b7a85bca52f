from odoo import fields, models

from ..formats import records


class PaymatchReportLine(models.Model):
    _inherit = "paymatch.report.line"

    betalingsservice_collection_id = fields.Many2one(
        "betalingsservice.collection",
        string="Collection",
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )

    def _find_betalingsservice_collections(self, creditors):
        """Link each line with the collection it answers: by our reference, and the customer number must agree."""
        keys = {(line.own_reference or "")[:9] for line in self} - {""}
        collections = self.env["betalingsservice.collection"].search(
            [
                ("creditor_id", "in", [creditor.id for creditor in creditors.values()]),
                ("reference_key", "in", list(keys)),
            ]
        )
        by_key = {(c.creditor_id.pbs_number, c.reference_key, c.agreement_id.customer_key): c for c in collections}
        for line in self:
            key = (
                line.creditor_number,
                (line.own_reference or "")[:9],
                records.customer_key(line.payer_number or ""),
            )
            line._system_write({"betalingsservice_collection_id": by_key[key].id if key in by_key else False})

    def _advice_outcome(self):
        # EXTENDS 'paymatch'
        result = super()._advice_outcome()
        if self.betalingsservice_collection_id:
            self.betalingsservice_collection_id._apply_outcome(self)
        return result

    def _betalingsservice_outcome_text(self):
        """What happened, for invoice, collection and status log."""
        self.ensure_one()
        date = self.payment_date or self.event_date or self.report_id.date
        values = {"date": date.strftime("%d.%m.%Y") if date else "", "report": self.report_id.name}
        if self.outcome == "rejected":
            return self.env._(
                "Betalingsservice: the collection of %(date)s was rejected by the payer or the bank (delivery "
                "%(report)s). The invoice is to be paid in another way.",
                **values,
            )
        if self.outcome == "cancelled":
            return self.env._(
                "Betalingsservice: the collection of %(date)s was cancelled (delivery %(report)s). The invoice is to "
                "be paid in another way.",
                **values,
            )
        if self.outcome == "charged_back":
            return self.env._(
                "Betalingsservice: the payer took the payment back on %(date)s (delivery %(report)s). The invoice is "
                "open again.",
                **values,
            )
        return self.env._("Betalingsservice: paid on %(date)s (delivery %(report)s).", **values)
