import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import formats
from ..formats import cards


class PaymatchGatewayPayment(models.Model):
    """A payment as the shop or its gateway knows it: which order belongs to the numbers an acquirer reports."""

    _name = "paymatch.gateway.payment"
    _description = "Payment at a Gateway"
    _order = "payment_date desc, id desc"
    _rec_name = "order_reference"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    order_reference = fields.Char(
        string="Order", required=True, help="The order number or invoice number that the payment is for."
    )
    provider_reference = fields.Char(
        string="Payment Number",
        index="btree_not_null",
        help="The gateway's or acquirer's number of the payment, as it stands in the payout report.",
    )
    payment_date = fields.Date(string="Date", help="Of the authorisation or the capture.")
    amount = fields.Monetary(help="What the customer paid; below zero for a refund.")
    currency_id = fields.Many2one("res.currency", default=lambda self: self.env.company.currency_id)
    authorisation_code = fields.Char(
        index="btree_not_null",
        help="The approval code of the card's issuer. It comes again: a payment is recognised by it only together with "
        "amount, date within three days and the last digits of the card.",
    )
    acquirer_reference = fields.Char(string="ARN", index="btree_not_null", help="The acquirer's reference number.")
    card_digits = fields.Char(string="Card's Last Digits", help="The last four digits; never the whole number.")
    source = fields.Char(
        readonly=True, copy=False, help="The file it was read from. Empty: entered or written by a shop."
    )
    source_key = fields.Char(readonly=True, copy=False)

    _source_uniq = models.UniqueIndex(
        "(company_id, source_key) WHERE source_key IS NOT NULL", "This payment of the gateway is known already."
    )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._clean(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._clean(vals))

    @api.model
    def _clean(self, vals):
        """Keys as matching compares them; of a card number never more than four digits are kept."""
        cleaners = {
            "authorisation_code": cards.authorisation_code,
            "acquirer_reference": cards.acquirer_reference,
            "card_digits": cards.last_four,
        }
        cleaned = dict(vals)
        for name, cleaner in cleaners.items():
            if cleaned.get(name):
                cleaned[name] = cleaner(cleaned[name])
                if not cleaned[name]:
                    raise UserError(
                        self.env._(
                            "“%(text)s” is not possible as “%(field)s”.",
                            text=str(vals[name])[:30] if name != "card_digits" else "…",
                            field=self._fields[name]._description_string(self.env),
                        )
                    )
        for name in ("order_reference", "provider_reference"):
            if cleaned.get(name):
                cleaned[name] = cleaned[name].strip()
        return cleaned

    @api.model
    def _import_file(self, content, filename):
        """Take up the payments of a gateway's list; those that are known already are left as they are.

        :return: the new ``paymatch.gateway.payment``
        """
        self.env["paymatch.report"]._refuse_unreadable(content, filename)
        try:
            rows = formats.quickpay.read(content)
        except formats.FormatError as error:
            reason = self.env["paymatch.report"]._format_error_text(error)
            raise UserError(self.env._("%(file)s cannot be read: %(reason)s", file=filename, reason=reason)) from error
        new = self._take_up(
            {
                self._source_key(row): {
                    "order_reference": row.order_reference,
                    "provider_reference": row.payment_id,
                    "card_digits": row.card_digits,
                }
                for row in rows
            },
            filename,
        )
        if not new:
            raise UserError(self.env._("All payments of %s were imported before.", filename))
        return new

    @api.model
    def _take_up(self, rows, source):
        """Add the payments that are not known yet.

        :param rows: {key: values}; the key is the payment's own at its gateway
        :param str source: where they come from, for the reader
        :return: the new ``paymatch.gateway.payment``
        """
        company = self.env.company
        before = self.search([("company_id", "=", company.id), ("source_key", "in", list(rows))])
        known = set(before.mapped("source_key"))
        return self.create(
            [
                {**values, "company_id": company.id, "source": source, "source_key": key}
                for key, values in rows.items()
                if key not in known
            ]
        )

    @api.model
    def _source_key(self, row):
        """A payment is known by its number and its order: a number that comes with another order is told, not lost."""
        return f"quickpay/{hashlib.sha256(f'{row.payment_id}/{row.order_reference}'.encode()).hexdigest()[:32]}"
