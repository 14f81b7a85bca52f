"""What a received document belongs to in our books: vendor, taxes, accounts, products."""

from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.sql import escape_psql

from ..formats import accounts, numbers
from ..formats import bill as bill_format


class AccountMove(models.Model):
    _inherit = "account.move"

    # --- vendor --------------------------------------------------------------------------------------------------
    @api.model
    def _einvoice_vendor(self, document, invoice):
        """(vendor, why it is this one); never by name, and never one of several.

        :raises UserError: none, several, or the document's numbers belong to different vendors
        """
        chosen = document.vendor_id
        if chosen:
            return chosen, self.env._("chosen by a person")
        hits = self._einvoice_vendor_hits(invoice, document.company_id)
        if not hits:
            raise UserError(
                self.env._(
                    "The vendor %(name)s (%(number)s) is not known. Choose Vendor and Taxes to create the vendor with "
                    "what the document says, or to pick one.",
                    name=invoice.supplier.name,
                    number=invoice.supplier.vat
                    or (invoice.supplier.legal_id and invoice.supplier.legal_id.value)
                    or (invoice.supplier.endpoint and invoice.supplier.endpoint.value)
                    or "",
                )
            )
        common = self.env["res.partner"].union(*hits.values())
        for found in hits.values():
            common &= found
        if len(common) == 1:
            return common, ", ".join(hits)
        names = self.env["res.partner"].union(*hits.values()).mapped("display_name")
        if common:
            reason = self.env._(
                "Several vendors fit the document: %(names)s. Choose Vendor and Taxes to pick the right one."
            )
        else:
            reason = self.env._(
                "The document's numbers belong to different vendors: %(names)s. Find out whose it is, then pick the "
                "vendor under Vendor and Taxes."
            )
        raise UserError(reason % {"names": "; ".join(names)})

    @api.model
    def _einvoice_vendor_hits(self, invoice, company):
        """``{what it was found by: vendors}``; the bank account counts only when nothing else is known."""
        party = invoice.supplier
        country = party.address.country
        Partner = self.env["res.partner"].with_company(company)
        own = [("company_id", "in", (False, company.id))]
        hits = {}

        def look(label, *domain):
            found = Partner.search([*own, *domain], limit=10).commercial_partner_id
            if found:
                hits[label] = found

        if party.endpoint and party.endpoint.scheme:
            look(
                self.env._("electronic address %s", f"{party.endpoint.scheme}:{party.endpoint.value}"),
                ("peppol_eas", "=", party.endpoint.scheme),
                ("peppol_endpoint", "in", [*numbers.variants(party.endpoint.value)]),
            )
        if party.vat:
            look(self.env._("VAT number %s", party.vat), ("vat", "in", [*numbers.variants(party.vat, country)]))
        if party.legal_id:
            ways = [*numbers.variants(party.legal_id.value, country)]
            look(
                self.env._("company number %s", party.legal_id.value),
                "|",
                ("company_registry", "in", ways),
                ("vat", "in", ways),
            )
        if not hits:
            bank = self._einvoice_partner_of_account(invoice, company)
            if bank:
                hits[self.env._("bank account")] = bank
        return hits

    @api.model
    def _einvoice_partner_of_account(self, invoice, company):
        country = invoice.supplier.address.country
        keys = [accounts.payee_key(means, country) for means in invoice.payment_means]
        keys = [key for key in keys if accounts.is_bank_account(key) and len(key) >= 10]
        if not keys:
            return self.env["res.partner"]
        tails = [key[2:] if key[:2].isalpha() else key for key in keys]
        domain = ["|"] * (len(tails) - 1) + [("sanitized_acc_number", "like", tail[-8:]) for tail in tails]
        banks = self.env["res.partner.bank"].search([("company_id", "in", (False, company.id)), *domain], limit=50)
        same = banks.filtered(
            lambda bank: any(
                accounts.is_same(key, bank.acc_number, bank.partner_id.country_id.code or country) for key in keys
            )
        )
        return same.partner_id.commercial_partner_id.filtered("active")

    @api.model
    def _einvoice_is_for(self, company, party):
        """Whether the document's customer is this company, as far as it has numbers."""
        stated = self._einvoice_numbers_of(party)
        return not stated or bool(stated & self._einvoice_numbers_of_partners(company.partner_id))

    @api.model
    def _einvoice_numbers_of(self, party):
        """All the ways the numbers of a document's party (``records.Party``) are written: set of str."""
        stated = set()
        for number in (party.vat, party.legal_id and party.legal_id.value, party.endpoint and party.endpoint.value):
            stated |= numbers.variants(number or "", party.address.country)
        return stated

    @api.model
    def _einvoice_numbers_of_partners(self, partners):
        """All the ways the numbers of these contacts are written: set of str."""
        known = set()
        for partner in partners:
            for number in (partner.vat, partner.company_registry, partner.peppol_endpoint):
                known |= numbers.variants(number or "", partner.country_id.code or "")
        return known

    @api.model
    def _einvoice_refuse_duplicate(self, document, invoice, made, partner):
        """The same vendor's number with the same date or total is one bill, whatever way it came."""
        found = self.search(
            [
                ("company_id", "=", document.company_id.id),
                ("move_type", "=", "in_refund" if made.is_refund else "in_invoice"),
                ("commercial_partner_id", "=", partner.commercial_partner_id.id),
                ("ref", "=ilike", escape_psql(invoice.number)),
                ("state", "!=", "cancel"),
            ]
        ).filtered(
            lambda move: (
                move.invoice_date == invoice.issue_date
                or move.currency_id.compare_amounts(move.amount_total, float(made.total)) == 0
            )
        )
        if found:
            raise UserError(
                self.env._(
                    "This vendor's number %(number)s is in the books already: %(bill)s. It was not booked twice.",
                    number=invoice.number,
                    bill=found[0].display_name,
                )
            )

    # --- account of the vendor -----------------------------------------------------------------------------------
    @api.model
    def _einvoice_payee(self, document, invoice, partner):
        """(bank account or none, values of the document); an account the vendor did not have is to be confirmed."""
        Bank = self.env["res.partner.bank"]
        country = invoice.supplier.address.country or partner.country_id.code or ""
        keys = [key for key in (accounts.payee_key(means, country) for means in invoice.payment_means) if key]
        if not keys or invoice.is_credit_note:
            return Bank, {}
        vendor = partner.commercial_partner_id
        for key in keys:
            bank = vendor.bank_ids.filtered(lambda each, key=key: accounts.is_same(key, each.acc_number, country))[:1]
            if bank or self._einvoice_account_was_accepted(document, vendor, key):
                return bank, {"payee_account": key, "account_state": "known"}
        return Bank, {"payee_account": keys[0], "account_state": "new"}

    @api.model
    def _einvoice_account_was_accepted(self, document, vendor, key):
        if document.payee_account == key and document.account_state in ("known", "confirmed"):
            return True
        return bool(
            self.env["nordic.einvoice.document"].search_count(
                [
                    ("company_id", "=", document.company_id.id),
                    ("direction", "=", "in"),
                    ("partner_id", "=", vendor.id),
                    ("payee_account", "=", key),
                    ("account_state", "in", ("known", "confirmed")),
                ],
                limit=1,
            )
        )

    # --- taxes ---------------------------------------------------------------------------------------------------
    @api.model
    def _einvoice_taxes(self, made, invoice, partner, company):
        """``{key of the VAT: taxes}`` for the rows.

        :raises UserError: a VAT that no tax is known for; it is never dropped
        """
        found, unknown = self._einvoice_known_taxes(made, invoice, partner, company)
        if unknown:
            raise UserError(
                self.env._(
                    "It is not known which purchase tax to book this VAT with: %(vat)s. Choose Vendor and Taxes; the "
                    "choice is remembered for this vendor.",
                    vat=", ".join(self._einvoice_vat_label(tax) for tax in unknown),
                )
            )
        return found

    @api.model
    def _einvoice_known_taxes(self, made, invoice, partner, company):
        """(``{key: taxes}``, [TaxCategory that nothing is known for])."""
        choices = self.env["nordic.einvoice.choice"]._of(partner, company) if partner else {}
        found, unknown = {None: self.env["account.tax"]}, []
        for row in made.rows:
            if row.tax is None or row.tax.key in found or row.tax in unknown:
                continue
            choice = choices.get((self._einvoice_vat_key(row.tax), ""))
            if choice:
                found[row.tax.key] = choice.tax_id
                continue
            tax = self._einvoice_purchase_tax(row.tax, invoice.supplier, company)
            if tax is None:
                unknown.append(row.tax)
            else:
                found[row.tax.key] = tax
        return found, unknown

    @api.model
    def _einvoice_vat_key(self, tax):
        rate = (tax.rate or Decimal(0)).normalize()
        return f"{tax.code} {rate:f}"

    @api.model
    def _einvoice_vat_label(self, tax):
        rate = f"{(tax.rate or Decimal(0)).normalize():f}"
        name = {
            "S": self.env._("VAT"),
            "Z": self.env._("zero-rated"),
            "E": self.env._("exempt"),
            "AE": self.env._("reverse charge"),
            "K": self.env._("goods and services within the EU"),
            "G": self.env._("export"),
            "O": self.env._("outside the scope of VAT"),
        }.get(tax.code)
        if name:
            return self.env._("%(name)s, %(rate)s %% (category %(code)s)", name=name, rate=rate, code=tax.code)
        return self.env._("category %(code)s, %(rate)s %%", code=tax.code, rate=rate)

    @api.model
    def _einvoice_purchase_tax(self, tax, supplier, company):
        """The purchase tax for a category and rate, no tax, or None when a person has to say.

        Domestic VAT is told by its rate. VAT of another country cannot be deducted in ours, and purchases without VAT
        from abroad may have to be taxed here: both are the person's choice, once for a vendor.
        """
        Tax = self.env["account.tax"]
        is_domestic = supplier.address.country in ("", company.account_fiscal_country_id.code)
        rate = float(tax.rate or 0)
        if tax.code in ("Z", "E", "O") or (tax.code == "S" and not rate):
            return Tax if is_domestic else None
        candidates = Tax.search(
            [
                *Tax._check_company_domain(company),
                ("type_tax_use", "=", "purchase"),
                ("amount_type", "=", "percent"),
                ("price_include_override", "!=", "tax_included"),
            ]
        )
        if tax.code == "S" and is_domestic:
            same = candidates.filtered(
                lambda each: not each._einvoice_is_reverse() and abs(each.amount - rate) < 0.0001 and each.amount > 0
            )
            default = company.account_purchase_tax_id
            return default if default in same else (same[:1] or None)
        named = candidates.filtered(lambda each: each.ubl_cii_tax_category_code == tax.code and tax.code != "S")
        return named if len(named) == 1 else None

    # --- products and accounts -----------------------------------------------------------------------------------
    @api.model
    def _einvoice_match_lines(self, made, invoice, partner, company):
        """For each row, values of the line: product by the vendor's code, GTIN or our code, then what was chosen for
        this vendor and text. Never by the name alone. Extended by the joint with purchases."""
        choices = self.env["nordic.einvoice.choice"]._of(partner, company)
        products = self._einvoice_products(invoice, partner, company)
        matches = []
        for row in made.rows:
            choice = choices.get(("", bill_format.line_key(row)))
            product = products.get(row.line.id if row.line else None)
            match = {"product_id": product.id if product else (choice.product_id.id if choice else False)}
            if choice and choice.account_id.active and (not product or product == choice.product_id):
                match["account_id"] = choice.account_id.id
            uom = self._einvoice_uom(row, match["product_id"])
            if uom:
                match["product_uom_id"] = uom.id
            matches.append(match)
        return matches

    @api.model
    def _einvoice_uom(self, row, product_id):
        """The line's unit, unless it is none that the product is counted in."""
        if not row.line or not row.is_price_kept:
            return self.env["uom.uom"]
        uom = self.env["uom.uom"]._einvoice_of_code(row.line.unit)
        product = self.env["product.product"].browse(product_id)
        return uom if uom and (not product or uom._has_common_reference(product.uom_id)) else self.env["uom.uom"]

    @api.model
    def _einvoice_products(self, invoice, partner, company):
        """``{id of the line: product}``; one search for each kind of number, however many lines."""
        Product = self.env["product.product"].with_company(company)
        own = [("company_id", "in", (False, company.id))]
        codes = {line.seller_item for line in invoice.lines if line.seller_item}
        by_code = {}
        if codes:
            for info in self.env["product.supplierinfo"].search(
                [
                    *own,
                    ("partner_id", "child_of", partner.commercial_partner_id.id),
                    ("product_code", "in", list(codes)),
                ]
            ):
                product = info.product_id or info.product_tmpl_id.product_variant_ids
                by_code[info.product_code] = by_code.get(info.product_code, Product) | product
        by_gtin = self._einvoice_products_by("barcode", {line.standard_item for line in invoice.lines}, own, Product)
        by_own = self._einvoice_products_by("default_code", {line.buyer_item for line in invoice.lines}, own, Product)
        found = {}
        for line in invoice.lines:
            for table, number in (
                (by_code, line.seller_item),
                (by_gtin, line.standard_item),
                (by_own, line.buyer_item),
            ):
                if len(table.get(number, ())) == 1:
                    found[line.id] = table[number]
                    break
        return found

    @api.model
    def _einvoice_products_by(self, name, numbers_, own, Product):
        table = {}
        wanted = [number for number in numbers_ if number]
        for product in Product.search([*own, (name, "in", wanted)]) if wanted else ():
            table[product[name]] = table.get(product[name], Product) | product
        return table


class AccountTax(models.Model):
    _inherit = "account.tax"

    def _einvoice_is_reverse(self):
        """Whether its parts take each other out, so that it adds nothing to what is paid."""
        self.ensure_one()
        parts = self.invoice_repartition_line_ids.filtered(lambda part: part.repartition_type == "tax")
        return bool(parts) and abs(sum(parts.mapped("factor_percent"))) < 0.01
