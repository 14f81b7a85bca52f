import base64
from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import SQL

from .common import SubscriptionCommon

HEAD = "Abonnement;Kundenr;Varenr;Tekst;Antal;Pris;Rabat;Interval;Start;Slut;Faktureret til"

# the columns of OCA contract 19.0.1.2.1.2 and subscription_oca 19.0.1.1.4.2 that are read, as their modules make them
CONTRACT_TABLES = """
CREATE TABLE contract_contract (
    id serial PRIMARY KEY, active boolean DEFAULT true, name varchar, code varchar, company_id integer,
    partner_id integer, invoice_partner_id integer, user_id integer, journal_id integer, pricelist_id integer,
    manual_currency_id integer,
    payment_term_id integer, fiscal_position_id integer, contract_type varchar DEFAULT 'sale',
    generation_type varchar DEFAULT 'invoice', note text);
CREATE TABLE contract_line (
    id serial PRIMARY KEY, contract_id integer, sequence integer DEFAULT 10, product_id integer, name text,
    quantity double precision DEFAULT 1, uom_id integer, automatic_price boolean DEFAULT false,
    specific_price double precision, discount numeric, is_canceled boolean DEFAULT false, display_type varchar,
    recurring_rule_type varchar DEFAULT 'monthly', recurring_interval integer DEFAULT 1,
    recurring_invoicing_type varchar DEFAULT 'pre-paid', recurring_next_date date, last_date_invoiced date,
    date_start date, date_end date);
"""
SUBSCRIPTION_TABLES = """
CREATE TABLE sale_subscription_stage (id serial PRIMARY KEY, type varchar);
CREATE TABLE sale_subscription_template (
    id serial PRIMARY KEY, recurring_interval integer DEFAULT 1, recurring_rule_type varchar DEFAULT 'months',
    recurring_rule_boundary varchar DEFAULT 'unlimited', invoicing_mode varchar DEFAULT 'draft');
CREATE TABLE sale_subscription (
    id serial PRIMARY KEY, active boolean DEFAULT true, name varchar, code varchar, company_id integer,
    partner_id integer, partner_invoice_id integer, user_id integer, journal_id integer, pricelist_id integer,
    currency_id integer,
    fiscal_position_id integer, template_id integer, stage_id integer, date_start date, date date,
    recurring_next_date date, is_paused boolean, paused_until date);
CREATE TABLE sale_subscription_line (
    id serial PRIMARY KEY, sale_subscription_id integer, product_id integer, name varchar,
    product_uom_qty double precision DEFAULT 1, price_unit double precision, discount double precision);
CREATE TABLE subscription_line_tax (subscription_line_id integer, tax_id integer);
ALTER TABLE account_move ADD COLUMN subscription_id integer;
"""


@tagged("post_install", "-at_install")
class TestSubscriptionImport(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2027-03-10 12:00:00"))
        cls.customer.ref = "1001"
        cls.other_customer.ref = "1002"
        cls.service.default_code = "SRV"

    def _import(self, *rows, check=True, **values):
        if rows:
            values.update(name="liste.csv", file=base64.b64encode("\n".join([HEAD, *rows]).encode()))
        record = self.env["subscription.import"].create(values)
        if check:
            record.action_check()
        return record

    def _insert(self, table, **values):
        query = SQL(
            "INSERT INTO %s (%s) VALUES (%s) RETURNING id",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, values)),
            SQL(", ").join(SQL("%s", value) for value in values.values()),
        )
        return self.env.execute_query(query)[0][0]

    # ------------------------------------------------------------------
    # A file
    # ------------------------------------------------------------------

    def test_way_of_payment_and_references_of_the_list(self):
        way = self.env["subscription.payment.way"].create({"name": "Kortbetaling", "code": "card"})
        head = "Abonnement;Kundenr;Varenr;Pris;Interval;Start;Ordrenr;Betalingsmåde;Købers reference"
        rows = (
            "W1;1001;SRV;100;måned;01-03-2027;PO-7;kortbetaling;Afd. 12",
            "W2;1002;SRV;100;måned;01-03-2027;;CARD;",
            "W3;1001;SRV;100;måned;01-03-2027;PO-8;;",
            "W4;1001;SRV;100;måned;01-03-2027;;Ukendt;",
        )
        record = self._import(name="liste.csv", file=base64.b64encode("\n".join([head, *rows]).encode()))
        self.assertEqual((record.ready_count, record.stopped_count), (3, 1))
        self.assertIn("Ukendt", record.line_ids.filtered(lambda line: line.number == "W4").message)
        record.action_run()
        made = {line.number: line.subscription_id for line in record.line_ids}
        self.assertEqual((made["W1"].way_id, made["W2"].way_id), (way, way))
        self.assertFalse(made["W3"].way_id or made["W3"].reference_ids or made["W4"])
        self.assertEqual((made["W1"].customer_reference, made["W1"].reference_ids.buyer_reference), ("PO-7", "Afd. 12"))
        run = self._bill(until=date(2027, 3, 10), subscriptions=made["W1"])
        self.assertEqual((run.invoice_ids.ref, run.invoice_ids.subscription_way_id), ("PO-7", way))

    def test_dry_run_makes_nothing_and_tells_the_totals(self):
        before = self.env["subscription.subscription"].search_count([])
        record = self._import(
            "A1;1001;SRV;;2;100;;måned;01-01-2027;;28-02-2027",
            "A1;;;Support;1;50;10;;;;",
            "A2;1002;SRV;;1;1.200,00;;år;01-06-2026;;31-05-2027",
            "A3;9999;SRV;;1;10;;måned;01-01-2027;;",
        )
        self.assertEqual(self.env["subscription.subscription"].search_count([]), before)
        self.assertEqual((record.ready_count, record.stopped_count, record.monthly_amount), (2, 1, 345.0))
        self.assertEqual(record.next_date, date(2027, 3, 1))
        back = base64.b64decode(record.fault_file).decode("utf-8-sig").splitlines()
        self.assertEqual([row.split(";")[0] for row in back[1:]], ["A3"])

    def test_what_is_made_goes_on_where_the_old_system_stopped(self):
        record = self._import("A1;1001;SRV;;2;100;;måned;01-01-2027;;28-02-2027")
        record.action_run()
        subscription = record.line_ids.subscription_id
        self.assertRecordValues(
            subscription,
            [{"state": "active", "partner_id": self.customer.id, "date_start": date(2027, 1, 1),
              "bill_from": date(2027, 3, 1), "next_invoice_date": date(2027, 3, 1), "monthly_amount": 200.0}],
        )  # fmt: skip
        run = self._bill(subscriptions=subscription)
        self.assertPeriods(run.invoice_ids, [("2027-03-01", "2027-03-31")])

    def test_a_price_with_its_tax_is_compared_as_the_list_tells_it(self):
        self.service.taxes_id = self.tax.copy({"name": "25 % incl.", "price_include_override": "tax_included"})
        record = self._import("A1;1001;SRV;;2;100;;måned;01-01-2027;;28-02-2027")
        record.action_run()
        self.assertEqual((record.monthly_amount, record.line_ids.message), (200.0, False))
        self.assertEqual(record.line_ids.subscription_id.monthly_amount, 160.0, "without the tax")

    def test_one_offs_and_usage_are_taken_over(self):
        self.setup_fee.default_code = "FEE"
        gas = self._make_product("Gas", 18.0, default_code="GAS")
        head = f"{HEAD};Opkrævning;Inkluderet;Pristrin"
        rows = [
            "A1;1001;SRV;;2;100;;måned;01-01-2027;;28-02-2027;;;",
            "A1;;FEE;;1;250;;;;;;Én gang;;",
            "A1;;GAS;;;18;;;;;;Efter forbrug;20;100=15",
            "A2;1002;GAS;;;18;;måned;01-03-2027;;;Forbrug;;",
            "A3;1002;GAS;;;18;;måned;01-03-2027;;;Ofte;;",
        ]
        record = self._import(name="liste.csv", file=base64.b64encode("\n".join([head, *rows]).encode()))
        self.assertEqual((record.ready_count, record.stopped_count, record.monthly_amount), (2, 1, 200.0))
        record.action_run()
        self.assertEqual(record.made_count, 2, record.line_ids.mapped("message"))
        both, used = record.line_ids.filtered("subscription_id").sorted("number").subscription_id
        self.assertEqual((both.monthly_amount, both.next_invoice_date), (200.0, date(2027, 3, 1)))
        self.assertEqual((len(both.line_ids), both.one_off_line_ids.price_unit), (1, 250.0))
        self.assertRecordValues(
            both.usage_line_ids, [{"product_id": gas.id, "usage_included": 20.0, "price_unit": 18.0}]
        )
        self.assertRecordValues(both.usage_line_ids.tier_ids, [{"above": 100.0, "price_unit": 15.0}])
        self.assertEqual((used.monthly_amount, used.next_invoice_date), (0.0, date(2027, 4, 1)))
        self.env["subscription.usage"].create(
            {"line_id": both.usage_line_ids.id, "date": date(2027, 3, 20), "quantity": 130.0}
        )
        run = self._bill(until=date(2027, 4, 1), subscriptions=both, posting="post")
        self.assertEqual(
            sorted(run.invoice_ids.mapped("amount_untaxed")),
            [200.0 + 250.0, 200.0 + 100 * 18.0 + 10 * 15.0],
            "the fee once, and 110 of the 130 by their tiers",
        )

    def test_a_number_is_taken_over_once(self):
        self._import("A1;1001;SRV;;1;100;;måned;01-01-2027;;").action_run()
        again = self._import("A1;1001;SRV;;1;100;;måned;01-01-2027;;", "A2;1001;SRV;;1;100;;måned;01-01-2027;;")
        self.assertEqual((again.known_count, again.ready_count), (1, 1))
        again.action_run()
        self.assertEqual((again.made_count, again.known_count), (1, 1))

    def test_undo_while_nothing_is_invoiced(self):
        record = self._import("A1;1001;SRV;;1;100;;måned;01-03-2027;;", "A2;1002;SRV;;1;100;;måned;01-03-2027;;")
        record.action_run()
        first, second = record.line_ids.subscription_id
        self._bill(subscriptions=first)
        record.action_undo()
        self.assertTrue(first.exists())
        self.assertFalse(second.exists())
        self.assertEqual(record.line_ids.mapped("state"), ["made", "undone"])
        again = self._import("A2;1002;SRV;;1;100;;måned;01-03-2027;;")
        self.assertEqual(again.ready_count, 1)

    def test_many_in_the_background_with_bad_ones(self):
        rows = [f"A{n};1001;SRV;;1;100;;måned;01-03-2027;;" for n in range(60)]
        rows[7] = "A7;1001;NIX;;1;100;;måned;01-03-2027;;"
        record = self._import(*rows)
        self.assertEqual((record.ready_count, record.stopped_count), (59, 1))
        with (
            patch.object(type(record), "_list_batch", 20),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *_arguments, **_options: 60),
        ):
            record.action_run()
            self.assertEqual((record.state, record.made_count), ("queued", 0))
            self.env["subscription.import"]._cron_process(batch_size=20)
        self.assertEqual((record.state, record.made_count), ("done", 59))

    def test_a_product_archived_since_the_check_stops_its_row_only(self):
        other = self._make_product("Other", 10.0, default_code="OTH")
        record = self._import("A1;1001;SRV;;1;100;;måned;01-03-2027;;", "A2;1001;OTH;;1;100;;måned;01-03-2027;;")
        other.active = False
        record.action_run()
        self.assertEqual(record.line_ids.mapped("state"), ["made", "fault"])

    def test_left_as_drafts(self):
        record = self._import("A1;1001;SRV;;1;100;;måned;01-03-2027;;", starting="draft")
        record.action_run()
        self.assertEqual(record.line_ids.subscription_id.state, "draft")

    def test_roles(self):
        record = self._import("A1;1001;SRV;;1;100;;måned;01-03-2027;;")
        user = new_test_user(self.env, "import_user", "account.group_account_invoice")
        auditor = new_test_user(self.env, "import_auditor", "account.group_account_readonly")
        with self.assertRaises(AccessError):
            record.line_ids.with_user(user).write({"state": "made"})
        with self.assertRaises(AccessError):
            record.with_user(auditor).action_run()
        record.with_user(user).action_run()
        self.assertEqual(record.with_user(auditor).made_count, 1)
        with self.assertRaises(UserError):
            record.unlink()

    # ------------------------------------------------------------------
    # OCA contract
    # ------------------------------------------------------------------

    def _contract(self, *lines, **values):
        contract = self._insert(
            "contract_contract",
            **{"company_id": self.company.id, "partner_id": self.customer.id, "name": "C", **values},
        )
        for line in lines:
            self._insert(
                "contract_line",
                **{"contract_id": contract, "product_id": self.service.id, "uom_id": self.service.uom_id.id,
                   "name": "Service", "specific_price": 100, "date_start": date(2027, 1, 1), **line},
            )  # fmt: skip
        return f"contract/{contract}"

    def test_a_module_that_is_not_there_is_told(self):
        if self.env.registry.get("contract.contract") is None:
            with self.assertRaises(UserError):
                self._import(origin="contract")

    def test_contracts_go_on_where_they_were_invoiced(self):
        self.env.cr.execute(CONTRACT_TABLES)
        billed = {"last_date_invoiced": date(2027, 2, 28), "recurring_next_date": date(2027, 3, 1)}
        plain = self._contract({**billed, "quantity": 3}, code="PO 1")
        arrears = self._contract(
            {"recurring_invoicing_type": "post-paid", "last_date_invoiced": date(2027, 2, 28),
             "recurring_next_date": date(2027, 4, 1)},
        )  # fmt: skip
        drifted = self._contract(
            {"date_start": date(2026, 12, 31), "last_date_invoiced": date(2027, 3, 27),
             "recurring_next_date": date(2027, 3, 28)},
        )  # fmt: skip
        two = self._contract(billed, {"recurring_rule_type": "yearly", "recurring_next_date": date(2027, 1, 1)})
        self._contract(billed, active=False)
        ended = self._contract({"date_end": date(2027, 2, 28), **billed, "recurring_next_date": None})
        record = self._import(origin="contract")
        lines = {line.number: line for line in record.line_ids}
        self.assertEqual(set(lines), {plain, arrears, drifted, two, f"{two}/2"})
        self.assertNotIn(ended, lines)
        self.assertEqual(record.monthly_amount, 608.33)
        self.assertFalse(lines[plain].has_note)
        self.assertTrue(lines[drifted].has_note)
        record.action_run()
        self.assertEqual(record.made_count, 5)
        found = {number: line.subscription_id for number, line in lines.items()}
        self.assertRecordValues(
            found[plain],
            [{"bill_from": date(2027, 3, 1), "next_invoice_date": date(2027, 3, 1), "customer_reference": "PO 1",
              "monthly_amount": 300.0}],
        )  # fmt: skip
        self.assertEqual((found[arrears].timing, found[arrears].next_invoice_date), ("arrears", date(2027, 4, 1)))
        self.assertEqual(found[drifted].date_start, date(2027, 3, 28))
        self.assertEqual(found[f"{two}/2"].next_invoice_date, date(2027, 1, 1), "never invoiced there")
        run = self._bill(until=date(2027, 3, 31), subscriptions=found[plain] | found[drifted])
        self.assertPeriods(run.invoice_ids, [("2027-03-01", "2027-03-31"), ("2027-03-28", "2027-04-27")])

    def test_what_cannot_be_carried_over_is_told(self):
        self.env.cr.execute(CONTRACT_TABLES)
        dozen = self.env.ref("uom.product_uom_dozen")
        self.service.uom_id = self.env.ref("uom.product_uom_unit")
        supplier = self._contract({}, contract_type="purchase")
        unit = self._contract({"uom_id": dozen.id})
        noted = self._contract({}, {"display_type": "line_note", "product_id": None}, note="x", generation_type="sale")
        record = self._import(origin="contract")
        lines = {line.number: line for line in record.line_ids}
        self.assertEqual((lines[supplier].state, lines[unit].state, lines[noted].state), ("fault", "fault", "ready"))
        self.assertTrue(lines[noted].has_note and lines[supplier].message and lines[unit].message)

    def test_odd_tables_of_contracts(self):
        """What stands in tables that were used for years, and went through other versions."""
        self.env.cr.execute(CONTRACT_TABLES)
        archived = self._make_customer("Nedlagt ApS", active=False)
        gone = self._make_product("Udgået", 10.0, active=False)
        other = self.setup_other_company()["company"]
        kinds = {
            "no_lines": (),
            "no_price": ({"specific_price": None, "quantity": None, "discount": None},),
            "negative": ({"quantity": -1},),
            "no_start": ({"date_start": None, "last_date_invoiced": None},),
            "no_product": ({"product_id": None, "uom_id": None, "name": None},),
            "gone_product": ({"product_id": gone.id},),
            "interval_0": ({"recurring_interval": 0},),
            "interval_none": ({"recurring_interval": None},),
            "interval_huge": ({"recurring_interval": 2_000_000_000},),
            "rule_unknown": ({"recurring_rule_type": "fortnightly"},),
            "rule_none": ({"recurring_rule_type": None},),
            "timing_none": ({"recurring_invoicing_type": None},),
            "after_end": ({"date_end": date(2027, 1, 31), "last_date_invoiced": date(2027, 12, 31)},),
            "far": ({"date_start": date(1900, 1, 1), "date_end": date(9999, 12, 31)},),
            "far_invoiced": ({"last_date_invoiced": date(9999, 12, 31)},),
            "discount": ({"discount": 250},),
        }
        numbers = {kind: self._contract(*lines, name=kind) for kind, lines in kinds.items()}
        numbers["no_name"] = self._contract({}, name=None)
        numbers["no_partner"] = self._contract({}, partner_id=None)
        numbers["archived"] = self._contract({}, partner_id=archived.id)
        numbers["currency"] = self._contract({}, manual_currency_id=self.env.ref("base.KWD").id)
        foreign = self._contract({}, company_id=other.id)
        record = self._import(origin="contract")
        lines = {line.number: line for line in record.line_ids}
        self.assertNotIn(foreign, lines)
        states = {kind: lines[number].state for kind, number in numbers.items() if number in lines}
        self.assertEqual(set(numbers) - set(states), {"no_lines", "after_end"}, "nothing is left to invoice")
        ready = {"no_price", "negative", "gone_product", "timing_none", "no_name", "archived"}
        self.assertEqual({kind for kind in states if states[kind] == "ready"}, ready)
        self.assertTrue(all(line.message for line in record.line_ids if line.state == "fault"))
        record.action_run()
        made = {kind for kind, number in numbers.items() if number in lines and lines[number].state == "made"}
        self.assertEqual(made, ready, "what is shown as ready is made")

    def test_invoiced_there_after_the_check(self):
        self.env.cr.execute(CONTRACT_TABLES)
        self._contract({"last_date_invoiced": date(2027, 2, 28), "recurring_next_date": date(2027, 3, 1)})
        record = self._import(origin="contract")
        self.env.cr.execute("UPDATE contract_line SET last_date_invoiced = '2027-03-31'")
        record.action_run()
        self.assertEqual(record.line_ids.state, "fault")

    # ------------------------------------------------------------------
    # OCA subscription
    # ------------------------------------------------------------------

    def test_subscriptions_of_oca(self):
        self.env.cr.execute(SUBSCRIPTION_TABLES)
        running = self._insert("sale_subscription_stage", type="in_progress")
        closed = self._insert("sale_subscription_stage", type="post")
        monthly = self._insert("sale_subscription_template", recurring_interval=1)
        limited = self._insert("sale_subscription_template", recurring_interval=3, recurring_rule_boundary="limited")

        def make(template, stage=running, **values):
            found = self._insert(
                "sale_subscription",
                **{"company_id": self.company.id, "partner_id": self.customer.id, "template_id": template,
                   "stage_id": stage, "currency_id": self.company.currency_id.id, "date_start": date(2027, 1, 15),
                   "recurring_next_date": date(2027, 3, 15), **values},
            )  # fmt: skip
            line = self._insert(
                "sale_subscription_line",
                sale_subscription_id=found, product_id=self.service.id, name="Service", price_unit=90, discount=10,
            )  # fmt: skip
            self.env.cr.execute("INSERT INTO subscription_line_tax VALUES (%s, %s)", [line, self.tax.id])
            return f"subscription_oca/{found}"

        plain = make(monthly)
        quarter = make(limited, recurring_next_date=date(2027, 4, 15), date=date(2028, 1, 15))
        paused = make(monthly, is_paused=True, paused_until=date(2027, 6, 15))
        make(monthly, stage=closed)
        odd = [
            make(monthly, partner_id=None),
            make(monthly, date_start=None, recurring_next_date=None),
            make(monthly, recurring_next_date=date(9999, 12, 31)),
            make(limited, date=date(9999, 12, 31)),
            make(self._insert("sale_subscription_template", recurring_interval=0)),
            make(self._insert("sale_subscription_template", recurring_rule_type=None)),
        ]
        record = self._import(origin="subscription_oca")
        self.assertEqual(set(record.line_ids.mapped("number")), {plain, quarter, paused, *odd})
        stopped = record.line_ids.filtered(lambda line: line.state == "fault" and line.message)
        self.assertEqual(set(stopped.mapped("number")), set(odd))
        self.assertEqual(record.monthly_amount, 81 + 27 + 81)
        record.action_run()
        self.assertEqual(record.made_count, 3, record.line_ids.mapped("message"))
        found = {line.number: line.subscription_id for line in record.line_ids}
        self.assertEqual((found[plain].bill_from, found[plain].date_end), (date(2027, 3, 15), False))
        self.assertEqual(
            (found[quarter].next_invoice_date, found[quarter].date_end), (date(2027, 4, 15), date(2028, 1, 14))
        )
        self.assertEqual((found[paused].state, found[paused].next_invoice_date), ("active", date(2027, 6, 15)))
        self.assertEqual(found[plain].line_ids.tax_ids, self.tax)
