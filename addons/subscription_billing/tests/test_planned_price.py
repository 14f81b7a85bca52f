from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_indexation import IndexationCommon

MIGRATION = Path(__file__).parents[1] / "migrations/19.0.1.2.0/post-continued-lines.py"
APRIL = date(2027, 4, 1)
JULY = date(2027, 7, 1)


@tagged("post_install", "-at_install")
class TestPlannedPrice(IndexationCommon):
    """A change planned ahead and a regulation before its day: neither undoes the other."""

    def setUp(self):
        super().setUp()
        self.april = self._make_rule(date_first=APRIL, has_notice=False)

    def _draft_change(self, subscription, day=JULY, line=None, **values):
        line = line or subscription.line_ids[:1]
        return self.env["subscription.change"].create(
            {
                "subscription_id": subscription.id,
                "date": day,
                "line_ids": [Command.create({"line_id": line.id, **(values or {"quantity": 2.0})})],
            }
        )

    def _change(self, *args, **values):
        change = self._draft_change(*args, **values)
        change.action_confirm()
        return change

    def test_regulation_before_a_planned_change_holds_after_it(self):
        subscription = self._regulated(index_rule_id=self.april.id)
        first = self._change(subscription)
        second = self._change(subscription, date(2027, 10, 1), first.line_ids.new_line_id, quantity=3.0)
        indexation = self._apply(until=APRIL, subscriptions=subscription)
        self.assertEqual(indexation.line_ids.mapped("new_price"), [104.0] * 3)
        self.assertEqual((first | second).line_ids.new_line_id.mapped("price_unit"), [104.0] * 2)
        # three months of the first line, three of the second, six of the third
        self.assertAlmostEqual(indexation.year_effect, 4.0 * (3 + 2 * 3 + 3 * 6), delta=0.5)
        lines = self._bill(date(2027, 7, 1), subscription).invoice_ids.invoice_line_ids.sorted("start_date")
        self.assertEqual(lines.mapped("price_subtotal"), [100.0] * 3 + [104.0] * 3 + [208.0])
        self.assertEqual(subscription.index_next_date, date(2028, 4, 1))

    def test_lines_begun_before_they_knew_what_they_continue(self):
        """The rows as the version before wrote them: the update gives them what a change writes today."""
        subscription = self._regulated(index_rule_id=self.april.id)
        first = self._change(subscription)
        second = self._change(subscription, date(2027, 10, 1), first.line_ids.new_line_id, price_unit=150.0)
        undone = self._change(self._regulated())
        undone.action_undo()
        lines = (first | second).line_ids.new_line_id
        names = ["continues_id", "is_price_continued", "price_base_date"]
        self.env.flush_all()
        expected = lines.read(names)
        self.env.cr.execute(
            "UPDATE subscription_line SET continues_id = NULL, is_price_continued = NULL, price_base_date = NULL"
        )
        self.env.invalidate_all()
        spec = spec_from_file_location("post_continued_lines", MIGRATION)
        migration = module_from_spec(spec)
        spec.loader.exec_module(migration)
        migration.migrate(self.env.cr, "19.0.1.1.0")
        migration.migrate(self.env.cr, "19.0.1.1.0")
        self.env.invalidate_all()
        self.assertEqual(lines.read(names), expected)
        self.assertEqual([row["is_price_continued"] for row in expected], [True, False])
        self.assertFalse(subscription.all_line_ids[0].continues_id)
        indexation = self._apply(until=APRIL, subscriptions=subscription)
        self.assertEqual(sorted(indexation.line_ids.mapped("new_price")), [104.0] * 2)
        self.assertEqual(lines.mapped("price_unit"), [104.0, 150.0])

    def test_regulation_is_undone_on_all_lines_of_the_chain(self):
        subscription = self._regulated(index_rule_id=self.april.id)
        self._change(subscription)
        indexation = self._apply(until=APRIL, subscriptions=subscription)
        indexation.line_ids[0].action_undo()
        self.assertEqual(subscription.line_ids.mapped("price_unit"), [100.0] * 2)
        self.assertEqual(indexation.state, "undone")
        again = self._apply(until=APRIL, subscriptions=subscription)
        self._bill(JULY, subscription, posting="post")
        with self.assertRaises(UserError):
            again.action_undo()
        self.assertEqual(subscription.line_ids.mapped("price_unit"), [104.0] * 2)

    def test_change_after_a_regulation_is_not_regulated_twice_and_is_undone_with_it(self):
        subscription = self._regulated(index_rule_id=self.april.id)
        indexation = self._apply(until=APRIL, subscriptions=subscription)
        new = self._change(subscription).line_ids.new_line_id
        self.assertEqual(new.price_unit, 104.0)
        self.assertFalse(self._check(until=date(2027, 12, 31), subscriptions=subscription).line_ids)
        indexation.action_undo()
        self.assertEqual(subscription.line_ids.mapped("price_unit"), [100.0] * 2)
        self.assertEqual(self._check(until=APRIL, subscriptions=subscription).line_ids.line_id, subscription.line_ids)

    def test_change_written_before_and_confirmed_after_takes_the_new_price(self):
        subscription = self._regulated(index_rule_id=self.april.id)
        change = self._draft_change(subscription)
        own = self._draft_change(subscription, date(2027, 10, 1), price_unit=90.0)
        self._apply(until=APRIL, subscriptions=subscription)
        change.action_confirm()
        self.assertEqual(change.line_ids.new_line_id.price_unit, 104.0)
        own.line_ids.line_id = change.line_ids.new_line_id
        own.line_ids.price_unit = 90.0
        own.action_confirm()
        self.assertEqual(own.line_ids.new_line_id.price_unit, 90.0)

    def test_a_price_of_its_own_stays_and_is_told(self):
        subscription = self._regulated(index_rule_id=self.april.id)
        change = self._change(subscription, price_unit=150.0)
        indexation = self._apply(until=APRIL, subscriptions=subscription)
        self.assertEqual(indexation.line_ids.line_id, subscription.line_ids[0])
        self.assertTrue(indexation.line_ids.message)
        self.assertEqual(change.line_ids.new_line_id.price_unit, 150.0)
        change_text, plain = (
            change.line_ids._get_text(),
            self._draft_change(
                subscription, date(2027, 9, 1), change.line_ids.new_line_id, quantity=5.0
            ).line_ids._get_text(),
        )
        self.assertGreater(len(change_text), len(plain))
        self.assertEqual(
            self._check(until=date(2028, 4, 1), subscriptions=subscription)
            .line_ids.filtered(lambda row: row.state == "ready")
            .mapped("new_price"),
            [156.0],
        )

    def test_months_without_regulation_count_from_the_first_line(self):
        rule = self._make_rule(date_first=date(2027, 10, 1), free_months=8, has_notice=False)
        subscription = self._regulated(index_rule_id=rule.id)
        self._change(subscription)
        self.assertEqual(subscription.index_next_date, date(2027, 10, 1))
        ready = self._check(until=date(2027, 12, 1), subscriptions=subscription).line_ids
        self.assertEqual(ready.filtered(lambda row: row.state == "ready").line_id, subscription.line_ids[1])

    def test_undone_change_keeps_the_proof_of_its_regulation(self):
        subscription = self._regulated(index_rule_id=self.april.id)
        change = self._change(subscription)
        indexation = self._apply(until=APRIL, subscriptions=subscription)
        change.action_undo()
        self.assertEqual(len(indexation.line_ids), 2)
        lines = self._bill(JULY, subscription).invoice_ids.invoice_line_ids.sorted("start_date")
        self.assertEqual(lines.mapped("price_subtotal"), [100.0] * 3 + [104.0] * 4)
