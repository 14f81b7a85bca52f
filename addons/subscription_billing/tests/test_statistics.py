from odoo.tests import tagged

from .. import statistics
from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestStatistics(SubscriptionCommon):
    def test_looked_at_ever_more_rarely(self):
        turns = [batch for batch in range(1, 300) if statistics.is_turn(batch)]
        self.assertEqual(turns, [1, 4, 16, 64, 256])

    def test_only_tables_that_grew_by_much(self):
        self.assertEqual(statistics.keep(self.env, 3, 10**9), [], "not the turn")
        self.assertEqual(statistics.keep(self.env, 1, 10**9), sorted(statistics.TABLES))
        self.assertEqual(statistics.keep(self.env, 1, 0), [], "large enough")
