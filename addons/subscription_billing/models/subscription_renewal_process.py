import logging
from collections import defaultdict

from psycopg2 import Error as DatabaseError
from psycopg2.errors import UniqueViolation

from odoo import Command, api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_amount, format_date
from odoo.tools.sql import escape_psql

from ..batch import BATCH, OWN
from ..billing import BATCH_SIZE, Billing
from ..halving import CONCURRENCY_ERRORS, TRIES, halve
from .list_finder import ProductLine

_logger = logging.getLogger(__name__)

#: The constraint that makes a number of a source one customer.
CUSTOMER_CLAIM = "subscription_renewal_customer_number_uniq"
ADDRESS = ("street", "street2", "zip", "city")


class SubscriptionRenewal(models.Model):
    """Renewals to invoices, and paid ones to payments: in batches, each once, whoever is killed."""

    _inherit = "subscription.renewal"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _cron_process(self, batch_size=BATCH_SIZE):
        """Go on until nothing is left or the time is up; one batch per transaction.

        Several processes may do this at once: each takes what no other holds.
        """
        cron = self.env["ir.cron"]
        for is_wanted, work in ((self._is_ready(), self._invoice_batch), (self._is_unpaid(), self._pay_batch)):
            last, in_vain = 0, 0
            while in_vain < TRIES:
                try:
                    batch = self._take(is_wanted, last, batch_size)
                    if not batch:
                        break
                    work(batch)
                    self.env.flush_all()
                    last, done, in_vain = batch[-1].id, len(batch), 0
                except CONCURRENCY_ERRORS:
                    self.env.cr.rollback()  # another process was faster: look again in a new transaction
                    done, in_vain = 0, in_vain + 1
                time_left = cron._commit_progress(done, remaining=self._count(is_wanted, last))
                self.env.invalidate_all()
                if not time_left:
                    return
            cron._commit_progress(remaining=0)

    def _is_ready(self):
        return SQL("r.state = 'ready'")

    def _is_unpaid(self):
        return SQL(
            "r.is_payment_open AND EXISTS (SELECT FROM account_move m WHERE m.id = r.move_id AND m.state = 'posted')"
        )

    def _take(self, is_wanted, after, limit):
        """Rows nobody else has, locked until the end of the transaction (sudo)."""
        self._flush_wanted()
        rows = self.env.execute_query(
            SQL(
                "SELECT r.id FROM subscription_renewal r WHERE %s AND r.id > %s ORDER BY r.id LIMIT %s"
                " FOR NO KEY UPDATE OF r SKIP LOCKED",
                is_wanted, after, limit,
            )
        )  # fmt: skip
        return self.sudo().browse(row[0] for row in rows)

    def _count(self, is_wanted, after):
        self._flush_wanted()
        query = SQL("SELECT count(*) FROM subscription_renewal r WHERE %s AND r.id > %s", is_wanted, after)
        [(count,)] = self.env.execute_query(query)
        return count

    def _flush_wanted(self):
        self.env["subscription.renewal"].flush_model()
        self.env["account.move"].flush_model(["state"])

    # ------------------------------------------------------------------
    # Invoices
    # ------------------------------------------------------------------

    def _invoice_batch(self, renewals):
        for source, mine in renewals.grouped("source_id").items():
            own = mine.with_company(source.company_id).with_context(
                allowed_company_ids=source.company_id.ids, mail_create_nolog=True, mail_create_nosubscribe=True
            )
            halve(own, lambda part: part._make_invoices(), lambda part, error: part._stop(error))

    def _stop(self, error):
        if isinstance(error, UniqueViolation) and error.diag.constraint_name == CUSTOMER_CLAIM:
            return  # another process met the same new customer: it stays ready, and finds him the next time
        if isinstance(error, (UserError, ValidationError)):
            text = str(error)
        else:
            _logger.exception("Renewal %s failed", self.id)
            kind = "database" if isinstance(error, DatabaseError) else type(error).__name__
            text = self.env._("Unexpected fault (%s). The log of the server has the details.", kind)
        self.write({"state": "fault", "message": text})

    def _make_invoices(self):
        source = self.source_id
        company = source.company_id
        today = company._subscription_today()
        billing = Billing(self.env, company, today, today)
        told = {renewal: renewal._told() for renewal in self}
        customers = source._find_customers(told.values())
        products = source._find_products(told.values())
        values_list = []
        for renewal, content in told.items():
            customer = customers[content.customer.number]
            renewal.partner_id = customer
            values_list.append(renewal._prepare_invoice_values(content, customer, products, billing))
        commercial = billing.env["res.partner"].browse(values["partner_id"] for values in values_list)
        moves = billing.env["account.move"].create(
            [
                billing.taxes_of.complete(values, partner.commercial_partner_id.id)
                for values, partner in zip(values_list, commercial, strict=True)
            ]
        )
        for renewal, move in zip(self, moves, strict=True):
            renewal._check_total(told[renewal], move)
            paid = renewal.stage_id.is_paid and renewal._find_way().kind == "paid"
            renewal.write(
                {"state": "invoiced", "message": False, "move_id": move.id, "is_payment_open": paid}
            )  # fmt: skip
        self.flush_recordset()
        if source.posting == "post":
            moves.with_context(**{BATCH: OWN})._post(soft=False)

    def _check_total(self, told, move):
        """What they charged is what we invoice, or nothing is booked."""
        if told.total is not None and move.currency_id.compare_amounts(float(told.total), move.amount_total):
            raise UserError(
                self.env._(
                    "The other system charged %(theirs)s, the invoice would be %(ours)s. Look at price and VAT.",
                    theirs=format_amount(self.env, float(told.total), move.currency_id),
                    ours=format_amount(self.env, move.amount_total, move.currency_id),
                )
            )

    def _prepare_invoice_values(self, told, customer, products, billing):
        self.ensure_one()
        source, company = self.source_id, self.source_id.company_id
        way = self._find_way()
        if not way and source.way_ids:
            raise UserError(self.env._("The way of payment %s is not in the source's table.", self.payment_method))
        currency = self.env["res.currency"].search([("name", "=", told.currency)])
        if not currency:
            raise UserError(self.env._("The currency %s is unknown or not in use.", told.currency))
        partner = billing.invoice_partner(customer)
        journal = source.journal_id or billing.journal(self.env["subscription.subscription"])
        if not journal:
            raise UserError(self.env._("There is no sales journal."))
        day = told.date or billing.invoice_date
        position = billing.fiscal_position(partner)
        lines = [
            self._prepare_line_values(line, products, customer, currency, day, billing, position, journal)
            for line in told.lines
        ]
        if billing.lock_dates(day, any(line["tax_ids"][0][2] for line in lines), journal):
            raise UserError(self.env._("The invoice date %s lies in a locked period.", format_date(self.env, day)))
        if reason := currency._get_subscription_rate_fault(company, day):
            raise UserError(reason)
        values = {
            "move_type": "out_invoice",
            "company_id": company.id,
            "journal_id": journal.id,
            "partner_id": partner.id,
            "currency_id": currency.id,
            "fiscal_position_id": position.id,
            "invoice_date": day,
            "invoice_origin": told.number,
            "ref": told.subscription or False,
            "invoice_line_ids": [Command.create({**line, "sequence": at}) for at, line in enumerate(lines, start=1)],
        }
        if way.payment_term_id and way.kind == "terms":
            values["invoice_payment_term_id"] = way.payment_term_id.id
        elif way.kind == "paid" or not partner.property_payment_term_id:
            values.update(invoice_payment_term_id=False, invoice_date_due=day)
        return values

    def _prepare_line_values(self, line, products, customer, currency, day, billing, position, journal):
        product = products[line.product] if line.product else self.env["product.product"]
        described = product.with_context(lang=customer.lang or self.env.lang)
        source = ProductLine(f"renewal {product.id}", product, self.env["account.tax"])
        account = billing.account(source, position, journal)
        if not account:
            raise UserError(self.env._("No income account for %s.", product.display_name or line.text))
        taxes = billing.taxes(source, position, account)
        price = line.unit_price
        if price is None:
            pricelist = customer.property_product_pricelist
            price = pricelist._get_product_price(product, float(line.quantity), currency=currency, date=day)
        text = line.text or described.display_name
        values = {
            "display_type": "product",
            "product_id": product.id,
            "name": text,
            "quantity": float(line.quantity),
            "product_uom_id": product.uom_id.id,
            "price_unit": float(price),
            "discount": float(line.discount),
            "tax_ids": [Command.set(taxes.ids)],
            "account_id": account.id,
        }
        if line.period_start:
            values.update(start_date=line.period_start, end_date=line.period_end)
        return values

    # ------------------------------------------------------------------
    # Payments
    # ------------------------------------------------------------------

    def _pay_batch(self, renewals):
        for source, mine in renewals.grouped("source_id").items():
            own = mine.with_company(source.company_id).with_context(allowed_company_ids=source.company_id.ids)
            halve(own, lambda part: part._register_payments(), lambda part, error: part._stop_payment(error))

    def _stop_payment(self, error):
        if not isinstance(error, (UserError, ValidationError)):
            _logger.exception("Payment of renewal %s failed", self.id)
        text = self.env._("The payment could not be registered: %s", error)
        self.write({"is_payment_open": False, "has_warning": True, "message": text})

    def _register_payments(self):
        """What the other system has taken, as core's payments on the account of the way of payment."""
        open_ones = self.filtered(lambda renewal: renewal.move_id.amount_residual > 0)
        payments = self.env["subscription.payment.way"]._pay(
            open_ones.move_id, [renewal._prepare_payment_values() for renewal in open_ones]
        )
        for renewal, payment in zip(open_ones, payments, strict=True):
            renewal.payment_id = payment
        self.write({"is_payment_open": False})

    def _prepare_payment_values(self):
        self.ensure_one()
        told = self._told()
        # what the acquirer's payout calls it: matching finds the item by it
        return self._find_way()._prepare_payment_values(
            self.move_id, told.payment_date or self.move_id.invoice_date, told.payment_reference or self.name
        )


class SubscriptionRenewalSource(models.Model):
    """Customers and products of a source, by its own rules: for a batch at a time."""

    _inherit = "subscription.renewal.source"  # pylint: disable=consider-merging-classes-inherited

    def _find_customers(self, contents):
        """Number there -> customer; unknown ones are made where the rule says so."""
        self.ensure_one()
        told = {content.customer.number: content.customer for content in contents}
        links_model = self.env["subscription.renewal.customer"].sudo()
        links = links_model.search([("source_id", "=", self.id), ("number", "in", list(told))])
        found = {link.number: link.partner_id for link in links}
        for number, customer in told.items():
            if number in found:
                self._update_customer(found[number], customer)
                continue
            partner = self._identify(customer)
            if partner:
                self._update_customer(partner, customer)
            elif self.customer_rule == "create":
                partner = self.env["res.partner"].create(self._prepare_customer_values(customer))
            else:
                raise UserError(self.env._("The customer %s is unknown, and this source makes no new ones.", number))
            links_model.create({"source_id": self.id, "number": number, "partner_id": partner.id})
            found[number] = partner
        return found

    def _identify(self, customer):
        value = {"ref": customer.number, "vat": customer.vat, "email": customer.email}.get(self.identify_by)
        if not value:
            return self.env["res.partner"]
        is_email = self.identify_by == "email"
        condition = (self.identify_by, "=ilike", escape_psql(value)) if is_email else (self.identify_by, "=", value)
        partners = self.env["res.partner"].search([condition, ("company_id", "in", [False, self.company_id.id])])
        heads = partners.commercial_partner_id
        if len(partners) > 1 and len(heads) > 1:
            raise UserError(
                self.env._(
                    "Several customers have %(value)s: %(names)s.", value=value, names=", ".join(heads.mapped("name"))
                )
            )
        return heads if len(partners) > 1 else partners

    def _prepare_customer_values(self, customer):
        country = self.env["res.country"].search([("code", "=", customer.country)]) if customer.country else False
        return {
            "name": customer.name or customer.number,
            "ref": customer.number,
            "company_id": self.company_id.id,
            "is_company": bool(customer.vat),
            "country_id": country.id if country else self.company_id.country_id.id,
            **{name: getattr(customer, name) or False for name in (*ADDRESS, "email", "phone", "vat")},
        }

    def _update_customer(self, partner, customer):
        """The fields this source may change; what it does not tell stays."""
        names = {"name": self.update_name, "email": self.update_email, "phone": self.update_phone}
        names.update(dict.fromkeys(ADDRESS, self.update_address))
        values = {
            name: getattr(customer, name)
            for name, allowed in names.items()
            if allowed and getattr(customer, name) and getattr(customer, name) != partner[name]
        }
        if self.update_address and customer.country and customer.country != partner.country_id.code:
            values["country_id"] = self.env["res.country"].search([("code", "=", customer.country)]).id
        if values:
            partner.write(values)

    def _find_products(self, contents):
        """Item number -> product."""
        self.ensure_one()
        told = {line.product: line for content in contents for line in content.lines if line.product}
        products = self.env["product.product"].search(
            [("default_code", "in", list(told)), ("company_id", "in", [False, self.company_id.id])]
        )
        by_code = defaultdict(products.browse)
        for product in products:
            by_code[product.default_code] |= product
        for code, line in told.items():
            if len(by_code[code]) > 1:
                raise UserError(self.env._("Several products have the number %s.", code))
            if by_code[code]:
                if self.update_product_name and line.text and by_code[code].name != line.text:
                    by_code[code].name = line.text.split("\n")[0]
            elif self.product_rule == "create":
                by_code[code] = products.create(
                    {
                        "name": (line.text or code).split("\n")[0],
                        "default_code": code,
                        "type": "service",
                        "list_price": float(line.unit_price or 0),
                        "company_id": self.company_id.id,
                    }
                )
            else:
                raise UserError(self.env._("The product %s is unknown, and this source makes no new ones.", code))
        return by_code
