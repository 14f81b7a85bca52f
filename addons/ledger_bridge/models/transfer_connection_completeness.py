from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.transfer_log.exceptions import TransferError

STOPS, LOST = "1_stops", "2_lost"


class TransferConnectionCompleteness(models.Model):
    """What is missing before the first push: one list, each line with the place where it is put right."""

    _inherit = "transfer.connection"

    ledger_missing_ids = fields.One2many("ledger.missing", "connection_id", string="Missing")
    ledger_missing_count = fields.Integer(string="Number of Missing", compute="_compute_ledger_missing_count")
    ledger_missing_date = fields.Datetime(string="Completeness Checked", readonly=True, copy=False)

    def _compute_ledger_missing_count(self):
        groups = self.env["ledger.missing"]._read_group(
            [("connection_id", "in", self.ids)], ["connection_id"], ["__count"]
        )
        counts = {connection.id: count for connection, count in groups}
        for connection in self:
            connection.ledger_missing_count = counts.get(connection.id, 0)

    def action_ledger_check_completeness(self):
        """List what is missing for everything that is to go over; nothing missing: say so."""
        self.ensure_one()
        self.check_access("write")
        self._ledger_check_completeness()
        if not self.ledger_missing_ids:
            return self._ledger_notification(self.env._("Nothing is missing: invoices can be pushed."), "success")
        action = self.env["ir.actions.act_window"]._for_xml_id("ledger_bridge.ledger_missing_action")
        return action | {"domain": [("connection_id", "=", self.id)]}

    def _ledger_check_completeness(self):
        self.ensure_one()
        self.ledger_missing_ids.sudo().unlink()
        values = [one | {"connection_id": self.id} for one in self._ledger_find_missing()]
        self.env["ledger.missing"].sudo().create(values)
        self.sudo().ledger_missing_date = fields.Datetime.now()

    # --------------------------------------------------------------- business

    def _ledger_find_missing(self):
        """:return: values of ``ledger.missing``. Joint addons add theirs."""
        self.ensure_one()
        moves = self.env["account.move"].search(self._ledger_moves_to_go())
        return [
            *self._ledger_missing_accounts(moves),
            *self._ledger_missing_currencies(moves),
            *self._ledger_missing_contacts(moves),
            *self._ledger_missing_products(moves),
            *self._ledger_missing_terms(moves),
            *self._ledger_missing_units(),
        ]

    def _ledger_moves_to_go(self):
        """Domain of the documents that are still to go: not pushed yet, or stopped."""
        return self._ledger_moves_domain() + [("ledger_state", "in", ("not_pushed", "failed"))]

    def _ledger_missing_values(self, area, severity, message, records=None):
        """:param records: where it is put right; left out: on the connection"""
        return {
            "area": area,
            "severity": severity,
            "message": message,
            "res_model": records._name if records else False,
            "res_ids": records.ids if records else [],
        }

    def _ledger_missing_accounts(self, moves):
        if not self.ledger_mapping_ids:
            text = self.env._("No account is mapped yet: add lines under Account mapping.")
            yield self._ledger_missing_values("account", STOPS, text)
        for mapping in self.ledger_mapping_ids.filtered("message"):
            text = self.env._(
                "Account mapping %(account)s → %(remote)s: %(message)s",
                account=mapping.account_id.display_name or mapping.tax_id.name or self.env._("every account"),
                remote=mapping.remote_account,
                message=mapping.message,
            )
            yield self._ledger_missing_values("account", STOPS, text)
        yield from self._ledger_missing_mappings_of(moves)

    def _ledger_missing_mappings_of(self, moves):
        """Accounts and taxes of these documents that have no way over there."""
        faults = {}
        for move in moves:
            for text in move._ledger_mapping_faults(self):
                faults[text] = faults.get(text, moves.browse()) | move
        for text, concerned in faults.items():
            yield self._ledger_missing_values("account", STOPS, text[:1].upper() + text[1:], concerned)

    def _ledger_missing_currencies(self, moves):
        for currency, concerned in moves.grouped("currency_id").items():
            text = currency != self.company_id.currency_id and self._ledger_currency_text(currency)
            if text:
                yield self._ledger_missing_values("currency", LOST, text, concerned)

    def _ledger_missing_contacts(self, moves):
        partners = moves.commercial_partner_id
        linked = set(self._ledger_links_of("contact").mapped("res_id"))
        fresh = partners.filtered(lambda partner: partner.id not in linked)
        without_country = fresh.filtered(lambda partner: not partner.country_id)
        if without_country:
            text = self.env._("Customers without a country: %(names)s.", names=self._ledger_names(without_country))
            yield self._ledger_missing_values("contact", STOPS, text, without_country)
        without_key = fresh.filtered(lambda partner: not self._ledger_has_contact_key(partner))
        if without_key:
            text = self.env._(
                "Nothing to recognise them by, so they are made anew: %(names)s. Match contacts first.",
                names=self._ledger_names(without_key),
            )
            yield self._ledger_missing_values("contact", LOST, text, without_key)

    def _ledger_names(self, records):
        """The first names, and how many more there are."""
        names = ", ".join(records[:5].mapped("display_name"))
        if len(records) <= 5:
            return names
        return self.env._("%(names)s and %(count)s more", names=names, count=len(records) - 5)

    def _ledger_has_contact_key(self, partner):
        """Whether it could be recognised, or need not be."""
        rule = self._ledger_contact_rule(partner)
        if rule.collecting_partner_id or rule.key == "none":
            return True
        values = partner._ledger_contact_key_values()
        return any(values[key] for key in self._ledger_contact_keys(partner))

    def _ledger_missing_products(self, moves):
        if not self.ledger_uses_products:
            return
        lines = moves.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        faults = {}
        for product in lines.product_id:
            if self._ledger_link(product, "product") or self._ledger_product_rule(product).on_missing == "never":
                continue
            try:
                self._ledger_check_own_number(product)
                self._ledger_check_needed(product, self._ledger_product_body(product))
            except (TransferError, UserError) as error:
                text = error.message if isinstance(error, TransferError) else str(error)
                faults[text] = faults.get(text, product.browse()) | product
        for text, concerned in faults.items():
            yield self._ledger_missing_values("product", STOPS, text, concerned)

    def _ledger_missing_terms(self, moves):
        terms = moves.filtered(lambda move: move.move_type == "out_invoice").invoice_payment_term_id
        for term in terms | self._ledger_terms_in_use():
            for text in self._ledger_terms_faults(term, self._ledger_terms_of(term)):
                text = self.env._("%(terms)s: %(text)s", terms=term.display_name, text=text)
                yield self._ledger_missing_values("terms", LOST, text, term)

    def _ledger_missing_units(self):
        missing = self._ledger_uoms_in_use() - self.sudo().ledger_unit_mapping_ids.uom_id
        if missing:
            text = self._ledger_unit_fallback_text(", ".join(missing.mapped("name")))
            yield self._ledger_missing_values("unit", LOST, text)

    # --------------------------------- adapter contract, implemented per kind

    def _ledger_currency_text(self, currency):
        """What is not the same there for invoices in a foreign currency; "" when nothing."""
        return ""
