"""What any adapter must do, against a simulator of its system.

An adapter's test class inherits ``LedgerContract`` and says how its simulator is started and read.
"""

import importlib
from datetime import timedelta
from unittest import SkipTest
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools.misc import formatLang

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

# What may happen to any single call; what each means stands in the simulators.
FAULTS = ("timeout_before", "timeout_after", "half_closed", "malformed", "500", "429", "html")


def load_simulator(name):
    """A module of tests/simulators; skips where the addon was installed without the repository around it."""
    try:
        return importlib.import_module(f"tests.simulators.{name}")
    except ImportError as error:
        raise SkipTest(f"the {name} simulator is not part of this installation") from error


class LedgerCommon(AccountTestInvoicingCommon):
    """A Danish company with a customer, an invoice and a connection to a simulator."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        # other addons may bring connections of their own to the test company
        cls.env["transfer.connection"].search([("company_id", "=", cls.company.id)]).action_archive()
        cls.env.user.group_ids += cls.env.ref("base.group_system")
        cls.env.user.lang = "en_US"  # texts on transfers are in the language of the user who queued them
        cls.tax = cls.company_data["default_tax_sale"]
        cls.tax.write({"amount": 25.0, "price_include_override": "tax_excluded"})
        cls.income = cls.company_data["default_account_revenue"]
        cls.customer = cls._new_customer("Bageriet Æblegrød ApS", vat="DK12345674", email="bogholderi@example.dk")

    @classmethod
    def _new_customer(cls, name, **values):
        return cls.env["res.partner"].create(
            {"name": name, "is_company": True, "country_id": cls.env.ref("base.dk").id, "city": "Aarhus C"}
            | {"street": "Søndergade 5", "zip": "8000", "lang": False}
            | values
        )

    @classmethod
    def _new_invoice(cls, lines=((1.0, 255.0),), move_type="out_invoice", post=True, **values):
        move = cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": cls.customer.id,
                "invoice_date": fields.Date.today(),
                "invoice_payment_term_id": False,
                "invoice_date_due": fields.Date.today() + timedelta(days=14),
                "invoice_line_ids": [
                    fields.Command.create(
                        {
                            "name": f"Abonnement {index}",
                            "quantity": quantity,
                            "price_unit": price,
                            "account_id": cls.income.id,
                            "tax_ids": [fields.Command.set(cls.tax.ids)],
                        }
                    )
                    for index, (quantity, price) in enumerate(lines, 1)
                ],
            }
            | values
        )
        if post:
            move.action_post()
        return move

    def process(self):
        """Let the queue of the connection run, as the cron would, without waiting for back-off."""
        logs = self.env["transfer.log"].search(
            [("connection_id", "=", self.connection.id), ("state", "in", ("queued", "uncertain"))]
        )
        logs.sudo().filtered("next_attempt").next_attempt = fields.Datetime.now() - timedelta(seconds=1)
        self.connection.blocked_until = False
        with patch("time.sleep"):
            self.env["transfer.log"]._process_queue(self.connection)
        self.env.invalidate_all()

    def _amount(self, text):
        """As a user of this language reads it: 0,01 or 0.01."""
        return formatLang(self.env, float(text), digits=2)

    def push(self, move):
        move.action_ledger_push()
        self.process()
        return move.ledger_log_id


class LedgerContract:
    """The contract tests. ``adapter_setup`` sets ``self.simulator`` and ``self.connection``."""

    def remote_booked(self):
        """-> list of (number, total) of the booked invoices and credit notes over there, as text."""
        raise NotImplementedError

    def remote_contact_count(self):
        raise NotImplementedError

    def setUp(self):
        super().setUp()
        self.adapter_setup()

    def assertOneBooked(self, move, total="318.75"):
        self.assertEqual([amount for _number, amount in self.remote_booked()], [total])
        self.assertEqual(move.ledger_state, "pushed")
        self.assertEqual(move.ledger_number, self.remote_booked()[0][0])

    def test_invoice_is_booked_with_same_amounts(self):
        move = self._new_invoice()
        log = self.push(move)
        self.assertEqual((log.state, log.error_message), ("done", False))
        self.assertOneBooked(move)
        remote = self.connection._ledger_read_invoice(log.remote_id)
        self.assertEqual((str(remote["net"]), str(remote["vat"]), str(remote["total"])), ("255.00", "63.75", "318.75"))
        self.assertEqual(remote["state"], "booked")
        self.assertEqual(remote["reference"], self.connection._ledger_reference(move))
        self.assertEqual(str(remote["remaining"]), "318.75")

    def test_second_push_creates_nothing(self):
        move = self._new_invoice()
        log = self.push(move)
        count = len(self.simulator.requests)
        self.assertEqual(self.push(move), log)
        self.assertEqual(len(self.simulator.requests), count, "nothing is even asked")
        self.assertOneBooked(move)

    def test_lost_link_is_found_again(self):
        """A database restored from before the push: the document over there is adopted."""
        move = self._new_invoice()
        log = self.push(move)
        self.env["ledger.link"].search([("connection_id", "=", self.connection.id)]).filtered(
            lambda link: link.remote_type == "contact"
        ).unlink()
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ledger_link WHERE connection_id = %s", (self.connection.id,))
        self.env.invalidate_all()
        log.sudo().write({"state": "queued", "next_attempt": fields.Datetime.now()})
        self.process()
        self.assertOneBooked(move)
        self.assertEqual(self.remote_contact_count(), 1)

    def test_two_invoices_of_a_customer_make_one_contact(self):
        self.push(self._new_invoice())
        self.push(self._new_invoice())
        self.assertEqual(self.remote_contact_count(), 1)
        self.assertEqual(len(self.remote_booked()), 2)

    def test_contact_alone(self):
        self.customer.action_ledger_push()
        self.process()
        self.customer.action_ledger_push()
        self.process()
        self.assertEqual(self.remote_contact_count(), 1)
        self.assertTrue(self.connection._ledger_link(self.customer, "contact"))

    def test_credit_note(self):
        move = self._new_invoice()
        self.push(move)
        credit = move._reverse_moves([{"invoice_date": fields.Date.today()}], cancel=False)
        credit.action_post()
        log = self.push(credit)
        self.assertEqual((log.state, log.error_message), ("done", False))
        remote = self.connection._ledger_read_invoice(log.remote_id)
        self.assertTrue(remote["is_credit_note"])
        self.assertEqual(str(remote["total"]), "318.75")

    def test_each_fault_ends_with_one_document(self):
        for fault, step in self.fault_matrix():
            with self.subTest(fault=fault, step=step):
                before = len(self.remote_booked())
                move = self._new_invoice()
                self.simulator.faults.clear()
                self.simulator.fault(fault, *step)
                move.action_ledger_push()
                for _run in range(4):
                    if move.ledger_log_id.state == "failed":
                        move.action_ledger_push()
                    self.process()
                self.assertEqual(move.ledger_log_id.error_message, False)
                self.assertEqual(move.ledger_state, "pushed")
                self.assertEqual(len(self.remote_booked()), before + 1)
        self.assertEqual(self.remote_contact_count(), 1)

    def fault_matrix(self):
        """-> (fault, (method, path)) of each step that can go wrong."""
        raise NotImplementedError

    def test_amounts_that_differ_stop_the_push(self):
        move = self._new_invoice()
        with self.simulator.faulty("rounding"):
            log = self.push(move)
        self.assertEqual(log.state, "failed")
        self.assertIn(self._amount("0.01"), log.error_message)
        self.assertIn(self._amount("318.75"), log.error_message)
        self.assertIn(self._amount("318.74"), log.error_message)
        self.assertEqual(self.remote_booked(), [])
        self.assertEqual(move.ledger_state, "failed")
        self.assertEqual(move.ledger_message, log.error_message)
        move.action_ledger_push()
        self.process()
        self.assertOneBooked(move)

    def test_rounding_per_line_against_rounding_in_all(self):
        """Ours 32.97, theirs 32.96: nothing is booked and 0.01 is named."""
        self.company.tax_calculation_rounding_method = "round_per_line"
        move = self._new_invoice(lines=((3.0, 2.93),) * 3)
        self.assertEqual(move.amount_total, 32.97)
        log = self.push(move)
        self.assertEqual(log.state, "failed")
        for text in map(self._amount, ("32.97", "32.96", "0.01")):
            self.assertIn(text, log.error_message)
        self.assertEqual(self.remote_booked(), [])

    def test_bad_invoice_does_not_stop_the_rest(self):
        bad = self._new_invoice()
        good = self._new_invoice()
        bad.action_ledger_push()
        good.action_ledger_push()
        mapping = self.connection.ledger_mapping_ids
        bad.partner_id.country_id = self.env.ref("base.dk")
        with patch.object(
            self.env.registry["account.move"],
            "_ledger_check_pushable",
            lambda move, connection: (_ for _ in ()).throw(UserError("No")) if move == bad else None,
        ):
            self.process()
        self.assertTrue(mapping)
        self.assertEqual((bad.ledger_state, good.ledger_state), ("failed", "pushed"))

    def _missing(self, area):
        """What the latest check found that concerns records."""
        return self.connection.ledger_missing_ids.filtered(lambda one: one.area == area and one.res_ids)

    def test_missing_mapping_is_told_before_the_push(self):
        self.connection.ledger_mapping_ids.unlink()
        move = self._new_invoice()
        with self.assertRaisesRegex(UserError, "not mapped"):
            move.action_ledger_push()
        self.connection.action_ledger_check_completeness()
        self.assertIn("1_stops", self.connection.ledger_missing_ids.mapped("severity"))
        self.assertEqual(self._missing("account").res_ids, move.ids, "with the place")
        self.assertEqual(self.simulator.requests, [])

    def test_unknown_account_is_told_before_the_push(self):
        self.connection.ledger_mapping_ids.remote_account = "4711"
        self.connection.action_ledger_read_accounts()
        self.assertIn("4711", " ".join(self.connection.ledger_missing_ids.mapped("message")))
        with self.assertRaisesRegex(UserError, "4711"):
            self._new_invoice().action_ledger_push()

    def test_pushed_invoice_cannot_be_changed(self):
        move = self._new_invoice()
        move.action_ledger_push()
        with self.assertRaises(UserError):
            move.button_draft()
        self.process()
        with self.assertRaises(UserError):
            move.button_draft()
        line = move.invoice_line_ids[0]
        another = line.account_id.copy({"code": "199999"})
        for record, vals in (
            (move, {"state": "draft"}),
            (move, {"state": "cancel"}),
            (move, {"invoice_date_due": "2030-01-01"}),
            (line, {"name": "Something else"}),
            (line, {"quantity": line.quantity + 1}),
            (line, {"account_id": another.id}),
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                record.with_user(self.user).write(vals)

    def test_comparison_finds_each_kind_of_difference(self):
        self.connection.ledger_compare_from = fields.Date.today()
        pushed, missing = self._new_invoice(), self._new_invoice(lines=((1.0, 100.0),))
        self.push(pushed)
        action = self.connection.action_compare()
        found = self.env["ledger.difference"].search(action["domain"])
        self.assertRecordValues(
            found.sorted("kind"),
            [
                {
                    "kind": "debtors",
                    "move_id": False,
                    "amount_here": 443.75,
                    "amount_there": 318.75,
                    "difference": -125.0,
                },
                {"kind": "missing_there", "move_id": missing.id, "amount_here": 125.0, "amount_there": 0.0}
                | {"difference": -125.0},
            ],
        )
        self.push(missing)
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_difference_ids)
        self.remote_pay(pushed, "100.00")
        self.connection.action_compare()
        self.assertEqual(
            self.connection.ledger_difference_ids.sorted("kind").mapped("kind"), ["debtors", "open_amount"]
        )
        self.assertEqual(self.connection.ledger_difference_ids.mapped("difference"), [-100.0, -100.0])

    def test_what_was_pushed_from_before_is_compared_too(self):
        self.connection.ledger_compare_from = fields.Date.today()
        before = fields.Date.subtract(fields.Date.today(), days=40)
        old, never_pushed = self._new_invoice(invoice_date=before), self._new_invoice(invoice_date=before)
        self.push(old)
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_difference_ids, never_pushed.name)
        self.assertEqual(self.connection.ledger_compare_count, 1)
        self.remote_pay(old, "100.00")
        self.connection.action_compare()
        differences = self.connection.ledger_difference_ids
        self.assertEqual(set(differences.mapped("kind")), {"debtors", "open_amount"})
        self.assertEqual(differences.move_id, old)

    def remote_pay(self, move, amount):
        raise NotImplementedError

    def test_daily_comparison_runs_through_the_queue(self):
        self.env["transfer.connection"]._cron_ledger_compare()
        self.env["transfer.connection"]._cron_ledger_compare()
        log = self.env["transfer.log"].search(
            [("connection_id", "=", self.connection.id), ("operation", "=", "compare")]
        )
        self.assertEqual(len(log), 1)
        self.process()
        self.assertEqual(log.state, "done")
        self.assertTrue(self.connection.ledger_compare_date)

    def test_test_connection_says_who_we_are(self):
        action = self.connection.action_test_connection()
        self.assertIn("Prøvefirma", action["params"]["message"])
