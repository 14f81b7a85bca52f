"""What the planner sees: sums that are true, promised and possible dates, and figures that cost few queries."""

from ast import literal_eval
from datetime import datetime

from lxml import etree

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import HoldCommon

NOW = datetime(2026, 11, 16, 8, 0)  # a Monday


@tagged("post_install", "-at_install")
class TestHoldPlanning(HoldCommon):
    def test_sum_counts_each_order_once(self):
        orders = self.env["sale.order"]
        productions = self.env["mrp.production"]
        for index in range(3):
            order, made = self._held_order(price=1000 * (index + 1))
            orders |= order
            productions |= made
        held = self.env["mrp.production"].search(
            [("id", "in", productions.ids), ("prepayment_hold_state", "=", "held")]
        )
        self.assertEqual(len(held), 6)
        self.assertEqual(sum(held.mapped("prepayment_missing_once")), sum(orders.mapped("prepayment_missing_amount")))
        # the order that carried the amount goes: the other one carries it
        productions[0].action_cancel()
        self.assertEqual(productions[0].prepayment_hold_state, "none")
        self.assertEqual(productions[1].prepayment_missing_once, orders[0].prepayment_missing_amount)
        groups = self.env["mrp.production"].formatted_read_group(
            [("id", "in", productions.ids)], ["prepayment_hold_state"], ["prepayment_missing_once:sum"]
        )
        sums = {group["prepayment_hold_state"]: group["prepayment_missing_once:sum"] for group in groups}
        self.assertEqual(sums["held"], sum(orders.mapped("prepayment_missing_amount")))

    def test_the_planner_filters_what_waits_and_sums_it(self):
        """Seven orders wait, one is paid, one is for stock: the screen's own filter and its sum."""
        product = self._product("Bread", self.vat_25, type="consu", is_storable=True)
        product.route_ids = [Command.set(self.routes.ids)]
        self._bom(product, self.component)
        held = self.env["mrp.production"]
        for price in range(100, 800, 100):
            held |= self._held_order(price=price, product=product)[1]
        paid, productions = self._held_order(price=100, product=product)
        self._pay(self._deposits(paid))
        stock = self.env["mrp.production"].create({"product_id": product.id, "company_id": self.company.id})
        arch = self.env["mrp.production"].get_view(self.env.ref("mrp.view_mrp_production_filter").id, "search")["arch"]
        domain = literal_eval(etree.fromstring(arch).find(".//filter[@name='prepayment_held']").get("domain"))
        mine = [("id", "in", (held | productions | stock).ids)]
        found = self.env["mrp.production"].search([*domain, *mine])
        self.assertEqual((len(found), found), (7, held))
        [group] = found.formatted_read_group([*domain, *mine], [], ["prepayment_missing_once:sum"])
        self.assertEqual(group["prepayment_missing_once:sum"], 1.25 * sum(range(100, 800, 100)) / 2)

    def test_merged_order_carries_each_sale_order_once(self):
        first, second = self._held_order(price=100)[1], self._held_order(price=300)[1]
        action = (self._made(first) | self._made(second)).action_merge()
        merged = self.env["mrp.production"].browse(action["res_id"])
        children = self._made(first, self.part) | self._made(second, self.part)
        once = (merged | children).mapped("prepayment_missing_once")
        self.assertEqual(sum(once), 62.5 + 187.5)
        self.assertEqual(merged.prepayment_missing_amount, 62.5 + 187.5)

    def test_foreign_order_is_summed_in_company_currency(self):
        currency = self.setup_other_currency("EUR", rates=[("2026-01-01", 0.5)])
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": currency.id})
        order, productions = self._held_order(price=100, pricelist_id=pricelist.id)
        self.assertEqual(order.prepayment_missing_amount, 62.5)
        self.assertEqual(productions[0].prepayment_missing_amount, 125.0)

    @freeze_time(NOW)
    def test_promised_date(self):
        promised = datetime(2026, 12, 1, 12, 0)
        _order, productions = self._held_order(commitment_date=promised)
        self.assertEqual(set(productions.mapped("prepayment_promised_date")), {promised})
        _order, without = self._held_order()
        self.assertEqual(without[0].prepayment_promised_date, without[0].date_deadline)
        late_first = self.env["mrp.production"].search(
            [("id", "in", (productions | without).ids)], order="prepayment_promised_date desc"
        )
        self.assertEqual(late_first[0].prepayment_promised_date, promised)
        stock = self.env["mrp.production"].create({"product_id": self.part.id, "company_id": self.company.id})
        self.assertFalse(stock.prepayment_promised_date)

    @freeze_time(NOW)
    def test_possible_start(self):
        order, productions = self._held_order(commitment_date=datetime(2026, 11, 17, 12, 0))
        part, made = self._made(productions, self.part), self._made(productions)
        self.assertFalse(part.prepayment_possible_start, "flour is missing")
        self.assertFalse(made.prepayment_possible_start, "dough cannot be made")
        self.env["stock.quant"]._update_available_quantity(self.component, part.location_src_id, 5)
        self.env.invalidate_all()
        self.assertEqual(part.prepayment_possible_start, NOW)
        self.assertEqual(made.prepayment_possible_start, part.prepayment_possible_finish)
        self.assertGreater(made.prepayment_possible_finish, made.prepayment_possible_start)
        self.assertFalse(made.prepayment_is_late)
        order.commitment_date = NOW
        self.assertTrue(made.prepayment_is_late)
        self._pay(self._deposits(order)[:1])
        self.assertFalse(made.prepayment_possible_start)

    def _many(self, count):
        """Productions of many sale orders, as one batch: ten for each."""
        orders = self.env["sale.order"]
        for _index in range(count // 10):
            orders |= self._order([(1, 1000)], confirm=True)
        references = self.env["stock.reference"].create(
            [{"name": order.name, "sale_ids": [Command.set(order.ids)]} for order in orders]
        )
        return self.env["mrp.production"].create(
            [
                {
                    "product_id": self.part.id,
                    "product_qty": 1,
                    "company_id": self.company.id,
                    "reference_ids": [Command.set(references[index // 10].ids)],
                }
                for index in range(count)
            ]
        )

    def _queries(self, productions, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function(productions)
        self.env.flush_all()
        self.env.cr.flush()
        return self.env.cr.sql_log_count - before

    def _texts(self, productions):
        productions.mapped("prepayment_hold_text")

    def _recompute(self, productions):
        for name in ("prepayment_hold_state", "prepayment_missing_once", "prepayment_promised_date"):
            self.env.add_to_compute(productions._fields[name], productions)
        productions.flush_recordset()

    def test_hold_costs_no_query_per_order(self):
        few, many = self._many(20), self._many(80)
        self.assertEqual(set(many.mapped("prepayment_hold_state")), {"held"})
        for function in (
            self._recompute,
            lambda productions: productions.filtered("id").mapped("prepayment_hold_text"),
        ):
            self._queries(few, function)  # warm
            self.assertLessEqual(self._queries(many, function), self._queries(few, function) + 2)
        self.assertLess(self._queries(many, self._recompute), 40)

    def test_confirming_does_not_ask_per_order(self):
        """What the hold adds to the confirmation of many orders: measured by what a confirmed order costs without."""
        batches = self._many(20), self._many(60)
        asked = []
        method = type(self.env["sale.order"])._get_prepayment_missing_by_order

        def counted(orders):
            asked.append(len(orders))
            return method(orders)

        self.patch(type(self.env["sale.order"]), "_get_prepayment_missing_by_order", counted)
        counts = []
        for productions in batches:
            asked.clear()
            productions.action_confirm()
            self.env.flush_all()
            counts.append(len(asked))
        self.assertEqual(set(batches[1].mapped("state")), {"confirmed"})
        self.assertLessEqual(counts[1], counts[0] + 2, counts)
