from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .. import formats
from ..models import paymatch_report_loading as loading
from .common import PaymatchCommon, vipps_xml

COUNT = 12


@tagged("post_install", "-at_install")
class TestLoading(PaymatchCommon):
    """A payout of many lines is read and matched in batches, and nobody uses it before it is whole."""

    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(loading, "LARGE", 5))
        self.seconds = []  # what is left of the job's time at each commit; then always enough
        self.enterContext(
            patch.object(
                type(self.env["ir.cron"]),
                "_commit_progress",
                lambda *_arguments, **_options: self.seconds.pop(0) if self.seconds else 60,
            )
        )

    def _large(self, settled=None, number=2000301):
        orders = [(f"L{at}", -10 if at == 3 else 100 + at, 1) for at in range(COUNT)]
        data = vipps_xml(number, orders, settled=settled, currency=self.company.currency_id.name)
        reports = self.env["paymatch.report"].with_context(lang=self.env.user.lang)  # the job's words are the user's
        return reports._import_file(data, "large.xml", self.provider)

    def _cron(self):
        self.env["paymatch.report"]._cron_load(read_at_once=5, matched_at_once=5)

    def test_nothing_is_decided_before_the_last_line_is_in(self):
        invoices = [self._invoice(100 + at, f"L{at}") for at in range(COUNT) if at != 3]
        report = self._large()
        self.assertEqual((report.state, report.loading_count, report.line_ids.ids), ("loading", COUNT, []))
        self.assertEqual(report.net_amount, report.declared_amount)
        for action in (report.action_match, report.action_approve, report.action_discard):
            with self.assertRaises(UserError):
                action()
        self._cron()
        self.assertEqual((report.state, report.loading_progress), ("matched", 100.0))
        lines = report.line_ids
        self.assertEqual(lines.mapped("sequence"), list(range(1, COUNT + 1)))
        matched = lines.filtered(lambda line: line.match_state == "matched")
        self.assertEqual(set(matched.match_move_id.ids), {invoice.id for invoice in invoices})
        self.assertEqual(report.undecided_count, 1, "the refund has no credit note")
        self.assertEqual(report.difference, 0.0)

    def test_it_goes_on_where_the_job_was_stopped(self):
        report = self._large()
        read = self.enterContext(patch.object(formats, "parse", side_effect=formats.parse))
        for done in ((0, 0), (5, 0), (10, 0), (12, 0), (12, 5), (12, 10)):
            self.seconds = [60, 0]
            self._cron()
            self.assertEqual((report.loaded_count, report.weighed_count), done)
            self.assertEqual((report.state, len(report.line_ids)), ("loading", done[0]))
        self._cron()
        self.assertEqual((report.state, len(report.line_ids)), ("matched", COUNT))
        self.assertEqual(read.call_count, 1, "the file is read once, however often the job is stopped")
        self.assertFalse(self.env["paymatch.report.part"].sudo().search([("report_id", "=", report.id)]))
        self._cron()
        self.assertEqual(len(report.line_ids), COUNT)

    def test_what_was_read_is_read_again_when_it_is_gone(self):
        report = self._large()
        self.seconds = [60, 60, 0]
        self._cron()
        self.assertEqual(report.loaded_count, 5)
        self.env["paymatch.report.part"].sudo().search([]).unlink()
        self._cron()
        self.assertEqual((report.state, report.line_ids.mapped("sequence")), ("matched", list(range(1, COUNT + 1))))
        self.assertEqual(report.net_amount, report.declared_amount)

    def test_a_batch_asks_for_its_own_invoices_only(self):
        for at in range(COUNT):
            self._invoice(100 + at, f"L{at}")
        Report, taking = type(self.env["paymatch.report"]), []
        original = Report._lines_taking

        def lines_taking(report, ids):
            taking.append((len(ids), original(report, ids)))
            return taking[-1][1]

        report = self._large()
        with patch.object(Report, "_lines_taking", lines_taking):
            self._cron()
        self.assertEqual([len(lines) for _count, lines in taking], [0] * len(taking), "the lines before are not read")
        self.assertEqual(sum(count for count, _lines in taking), COUNT)
        self.assertEqual(report.undecided_count, 1)

    def test_what_an_earlier_batch_took_is_not_taken_again(self):
        invoice = self._invoice(100, "TWICE")
        orders = [("TWICE", 100, 1), *((f"X{at}", 7, 1) for at in range(8)), ("TWICE", 100, 1)]
        data = vipps_xml(2000303, orders, currency=self.company.currency_id.name)
        report = self.env["paymatch.report"]._import_file(data, "twice.xml", self.provider)
        self._cron()
        taken = report.line_ids.filtered(lambda line: line.match_state == "matched" and line.match_move_id == invoice)
        self.assertEqual(taken.mapped("sequence"), [1])

    def test_it_comes_to_the_same_as_a_small_one(self):
        for at in range(COUNT):
            self._invoice(100 + at, f"L{at}" if at % 2 else "", payment_reference=f"R{at}")
        large = self._large()
        self._cron()
        fields = ["sequence", "gross_amount", "match_state", "match_move_id", "match_reason", "match_weight"]
        found = [line[name] for line in large.line_ids for name in fields]
        large.action_discard()
        with patch.object(loading, "LARGE", 100):
            small = self._large(number=2000302)
        self.assertEqual([line[name] for line in small.line_ids for name in fields], found)

    def test_what_does_not_add_up_is_told_at_once_and_not_matched(self):
        report = self._large(settled=1)
        self.assertEqual(report.state, "failed")
        self._cron()
        self.assertEqual((report.state, len(report.line_ids), report.is_matched), ("failed", COUNT, False))
        self.assertEqual(set(report.line_ids.mapped("match_state")), {"open"})

    def test_the_job_is_started_by_the_import(self):
        cron = self.env.ref("paymatch.ir_cron_paymatch_load")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self._large()
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), before + 1)
