"""What a billing run hands around: charges, invoice plans, faults, and what one batch needs to know only once."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from odoo.tools import format_amount, format_date

from .batch import environments
from .periods import Period
from .taxes import InvoiceTaxes

#: Invoices per transaction. What a batch costs once (preview read anew, commit) weighs too much below two hundred.
BATCH_SIZE = 200
#: Invoices a click makes itself, in one transaction; more are made by the clock.
AT_ONCE = BATCH_SIZE


@dataclass(frozen=True)
class Membership:
    """One customer of a subscription: himself, or a member of its group from and to a date."""

    partner: Any
    member: Any
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class Charge:
    """One line of one subscription for one customer and one period: what the ledger claims once."""

    subscription: Any
    line: Any
    partner: Any
    member: Any
    period: Period
    due_date: date
    #: the ledger row whose days are taken back; the charge is negative
    credit_of: Any = None
    #: how many of the subscription's intervals the period is, so many prices it costs
    times: Fraction = Fraction(1)

    @property
    def is_one_off(self) -> bool:
        return self.line.is_one_off

    @property
    def is_usage(self) -> bool:
        return self.line.is_usage and not self.credit_of

    @property
    def key(self) -> tuple:
        """What the ledger knows it by."""
        return (self.line.id, self.partner.id, self.period.start)


@dataclass(frozen=True)
class Used:
    """What was recorded for a charge and not charged before: sum, and the records (`subscription.usage`)."""

    quantity: Decimal = Decimal(0)
    ids: tuple = ()


@dataclass(frozen=True)
class Fault:
    """Why an invoice cannot be made (`error`) or should be looked at (`warning`), in a bookkeeper's words."""

    severity: str
    message: str

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


@dataclass
class InvoicePlan:
    """One invoice to be: made by the same code for a preview and for the invoice itself."""

    subscription: Any
    customer: Any
    charges: list
    invoice_date: date
    values: dict
    amount_untaxed: float = 0.0
    amount_tax: float = 0.0
    amount_total: float = 0.0
    faults: list = field(default_factory=list)
    #: the invoice it comes on (`joint.Invoice`), once that is known
    invoice: Any = None

    @property
    def errors(self) -> list:
        return [fault for fault in self.faults if fault.is_error]


class Billing:
    """Dates of a run, and the answers of core that hold for a whole batch (kept here and nowhere else).

    Several batches may share it: `next_batch()` forgets what another user may change meanwhile, and what grows with the
    number of customers. What accounts and taxes core chose for a product in a fiscal position holds for the run.
    """

    def __init__(self, env, company, until, invoice_date, run=None):
        self.env = env(context={**env.context, "allowed_company_ids": company.ids})
        self.company = company.with_env(self.env)
        #: what is archived is seen too
        self.env_of_all = self.env(context={**self.env.context, "active_test": False})
        self.until = until
        self.invoice_date = invoice_date
        self.run = run
        self.taxes_of = InvoiceTaxes(self.env, self.company)
        self.used = {}
        #: price of a whole period and the part charged, by charge
        self.prices = {}
        #: who the invoice is made out to, by charge
        self.addressees = {}
        #: for forecasts: the day after which each due date means a run of its own
        self.apart_after = None
        self._known = {}
        self._known_now = {}
        self._held = ()

    def hold(self, env):
        """Keep what core would make anew for each value it writes with this environment (`batch.environments`)."""
        self._held = environments(env)

    def next_batch(self):
        """Before each transaction: locks, addresses, ways of payment and agreements are asked anew."""
        self._known_now.clear()
        self.used.clear()
        self.prices.clear()
        self.addressees.clear()

    def _once(self, key, compute):
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]

    def _once_now(self, key, compute):
        if key not in self._known_now:
            self._known_now[key] = compute()
        return self._known_now[key]

    def journal(self, subscription):
        """The sales journal of the subscription, else the company's first one, as core chooses."""
        if subscription.journal_id:
            return subscription.journal_id

        def compute():
            journals = self.env["account.journal"]
            return journals.search([*journals._check_company_domain(self.company), ("type", "=", "sale")], limit=1)

        return self._once("journal", compute)

    def invoice_partner(self, customer):
        return self._address(customer, "invoice")

    def delivery_partner(self, partner):
        """Where core would deliver what this partner is invoiced for."""
        return self._address(partner, "delivery")

    def _address(self, partner, kind):
        def compute():
            found = partner.address_get([kind])[kind]
            # the record itself keeps reading together with the others of its batch
            return partner if found == partner.id else self.env["res.partner"].browse(found)

        return self._once_now((kind, partner.id), compute)

    def fiscal_position(self, partner):
        """Core's choice, asked once for all partners who are alike in what it looks at."""

        def compute():
            delivery = self.delivery_partner(partner)
            key = ("fiscal position", *self._fiscal_key(partner), *self._fiscal_key(delivery))
            positions = self.env["account.fiscal.position"]
            return self._once(key, lambda: positions._get_fiscal_position(partner, delivery=delivery))

        return self._once_now(("fiscal position", partner.id), compute)

    def _fiscal_key(self, partner):
        return (
            partner.property_account_position_id.id,
            partner.country_id.id,
            partner.state_id.id,
            partner.zip if self._zip_matters() else None,
            (partner.vat or "")[:2],
            bool(partner.vat) and partner._get_vat_required_valid(company=self.company),
        )

    def _zip_matters(self):
        def compute():
            positions = self.env["account.fiscal.position"]
            domain = [*positions._check_company_domain(self.company), ("zip_from", "!=", False)]
            return bool(positions.search_count(domain, limit=1))

        return self._once("zip", compute)

    def account(self, line, fiscal_position, journal):
        """The income account, by core's own order: product, category, company, journal."""

        def compute():
            template = line.product_id.with_company(self.company).product_tmpl_id
            account = template and template.get_product_accounts(fiscal_pos=fiscal_position)["income"]
            return account or fiscal_position.map_account(journal.default_account_id)

        return self._once(("account", line.product_id.id, fiscal_position.id, journal.id), compute)

    def taxes(self, line, fiscal_position, account):
        """The taxes of the line: its own, else the product's, else the account's; mapped by the fiscal position.

        A text without a product has the company's usual one: nobody means a sale without VAT by naming no product.
        """

        def compute():
            taxes = line.tax_ids or line.product_id.taxes_id._filter_taxes_by_company(self.company)
            if not taxes:
                taxes = account.tax_ids.filtered(lambda tax: tax.type_tax_use == "sale")
                taxes = taxes._filter_taxes_by_company(self.company)
            if not taxes and not line.product_id:
                taxes = self.company.account_sale_tax_id
            return fiscal_position.map_tax(taxes)

        key = line.id if line.tax_ids else f"product {line.product_id.id}"
        return self._once(("taxes", key, fiscal_position.id, account.id), compute)

    def to_company(self, amount, currency, day):
        """An amount in the company's currency."""
        if currency == self.company.currency_id:
            return currency.round(amount)
        return currency._convert(amount, self.company.currency_id, self.company, day)

    def shown_amount(self, amount, currency):
        """An amount as the user reads it."""
        return self._once_now(("shown", amount, currency.id), lambda: format_amount(self.env, amount, currency))

    def shown_day(self, day):
        return self._once_now(("shown", day), lambda: format_date(self.env, day))

    def lock_dates(self, day, has_tax, journal):
        return self._once_now(
            ("lock", day, has_tax, journal.id), lambda: self.company._get_violated_lock_dates(day, has_tax, journal)
        )

    def payment_way(self, subscription, customer):
        """In words; asked once per customer, journal and currency."""
        key = (
            "payment way",
            customer.id,
            subscription.journal_id.id,
            subscription.currency_id.id,
            subscription.way_id.id,
        )
        return self._once_now(key, lambda: subscription._get_payment_way(customer, self))

    def way(self, subscription, customer):
        """The row of *Ways of Payment and Terms*, or an empty record; asked once per customer."""
        key = ("way", customer.id, subscription.currency_id.id, subscription.way_id.id)
        return self._once_now(key, lambda: subscription._find_way(customer, self))

    def reference_agreement(self, subscription):
        """What the invoices' payment reference is made by (sudo), asked once per journal and currency."""
        journal, currency = self.journal(subscription), subscription.currency_id

        def compute():
            values = {"move_type": "out_invoice", "company_id": self.company.id}
            move = self.env["account.move"].new({**values, "journal_id": journal.id, "currency_id": currency.id})
            return move._find_payment_reference_agreement().sudo()

        return self._once_now(("agreement", journal.id, currency.id), compute)

    def due_date(self, plan):
        """The last day the invoice is to be paid, by its terms."""
        if "invoice_date_due" in plan.values:
            return plan.invoice_date
        terms = self.env["account.payment.term"].browse(plan.values.get("invoice_payment_term_id"))
        partner = self.env["res.partner"].browse(plan.values["partner_id"]).with_company(self.company)
        terms = terms or partner.property_payment_term_id
        if not terms:
            return plan.invoice_date
        tax, untaxed = plan.amount_tax, plan.amount_untaxed
        computed = terms._compute_terms(
            plan.invoice_date, plan.subscription.currency_id, self.company, tax, tax, 1, untaxed, untaxed
        )
        return max(line["date"] for line in computed["line_ids"])
