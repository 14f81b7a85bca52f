from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DineroCommon


@tagged("post_install", "-at_install")
class TestDinero(DineroCommon):
    def setUp(self):
        super().setUp()
        self.adapter_setup()

    def invoices(self):
        return list(self.simulator.organisation.invoices.values())

    def seed_contact(self, guid, **values):
        organisation = self.simulator.organisation
        body = {"ContactGuid": guid, "Name": "Bageriet", "CountryKey": "DK", "IsPerson": False} | values
        self.simulator.create_contact(organisation, {}, body)

    def test_booked_invoice_takes_few_calls(self):
        self.push(self._new_invoice())
        self.simulator.requests.clear()
        self.push(self._new_invoice())
        verbs = [method for method, _path in self.simulator.requests]
        # calculated, created, read back, booked; looked up only when something is uncertain
        self.assertEqual(verbs, ["POST", "POST", "GET", "POST"])

    def test_what_dinero_gets(self):
        move = self._new_invoice(lines=((2.0, 127.5),))
        log = self.push(move)
        (invoice,) = self.invoices()
        self.assertEqual(invoice["Guid"], self.connection._ledger_uuid(move))
        self.assertEqual(invoice["ExternalReference"], log.key)
        self.assertEqual(invoice["Description"], move.name)
        self.assertEqual(invoice["PaymentConditionNumberOfDays"], 14)
        self.assertEqual(invoice["Language"], "da-DK")
        (contact,) = self.simulator.organisation.contacts.values()
        self.assertEqual(contact["VatNumber"], "12345674")
        self.assertFalse(contact["UseCvr"])
        self.assertIn("Abonnement 1", log.request_body)
        self.assertIn("TotalInclVat".lower(), log.response_body.lower())

    def test_contact_known_to_dinero_by_cvr_is_used(self):
        guid = "11111111-1111-4111-8111-111111111101"
        self.seed_contact(guid, VatNumber="12345674")
        self.push(self._new_invoice())
        self.assertEqual(list(self.simulator.organisation.contacts), [guid])
        self.assertEqual(self.connection._ledger_link(self.customer, "contact").remote_id, guid)

    def test_two_contacts_with_same_cvr_are_not_guessed(self):
        for digit in "12":
            self.seed_contact(f"11111111-1111-4111-8111-11111111110{digit}", VatNumber="12345674")
        move = self._new_invoice()
        log = self.push(move)
        self.assertEqual(log.state, "failed")
        self.assertIn("nothing is guessed", log.error_message)
        self.assertEqual(self.invoices(), [])

    def test_private_customer_has_no_vat_number(self):
        self.customer.write({"is_company": False, "vat": False})
        self.push(self._new_invoice())
        (contact,) = self.simulator.organisation.contacts.values()
        self.assertTrue(contact["IsPerson"])

    def test_draft_changed_by_somebody_is_put_right(self):
        move = self._new_invoice()
        with self.simulator.faulty("500", "POST", "/book$"):
            self.push(move)
        (draft,) = self.invoices()
        draft["ProductLines"], draft["TotalInclVat"] = [], 0
        self.process()
        self.assertEqual(move.ledger_state, "pushed")
        self.assertEqual([str(one["TotalInclVat"]) for one in self.simulator.booked()], ["318.75"])

    def test_rejection_names_the_field(self):
        move = self._new_invoice()
        move.action_ledger_push()
        del self.simulator.organisation.accounts[1000]
        self.process()
        self.assertEqual(move.ledger_state, "failed")
        self.assertIn("Account 1000 does not exist", move.ledger_message)

    def test_vat_rate_of_account_is_checked(self):
        self.connection.ledger_mapping_ids.remote_account = "1050"
        self.connection.action_ledger_read_accounts()
        self.assertIn("VAT differs", " ".join(self.connection.ledger_missing_ids.mapped("message")))
        with self.assertRaisesRegex(UserError, "0 % VAT"):
            self._new_invoice().action_ledger_push()

    def test_no_pro_stops_the_queue_in_plain_words(self):
        move = self._new_invoice()
        move.action_ledger_push()
        with self.simulator.faulty("403"):
            self.process()
        self.assertEqual(self.connection.state, "authorisation")
        self.assertIn("Dinero Pro", self.connection.state_message)
        self.assertEqual(move.ledger_state, "queued", "kept")

    def test_limit_per_minute_blocks_the_connection(self):
        moves = self._new_invoice() + self._new_invoice()
        moves.action_ledger_push()
        self.simulator.fault("429")
        self.process()
        self.assertTrue(self.connection.blocked_until)
        self.assertEqual(len(self.simulator.requests), 1)
        self.process()
        self.assertEqual(moves.mapped("ledger_state"), ["pushed", "pushed"])

    def test_unknown_document_there_is_a_difference(self):
        move = self._new_invoice()
        self.push(move)
        (invoice,) = self.invoices()
        other = dict(invoice, Guid="22222222-1111-4111-8111-111111111101", Number=4711, ExternalReference=None)
        self.simulator.organisation.invoices[other["Guid"]] = other
        self.connection.action_compare()
        difference = self.connection.ledger_difference_ids.filtered(lambda one: one.kind == "missing_here")
        self.assertRecordValues(difference, [{"remote_number": "4711", "amount_there": 318.75, "difference": 318.75}])

    def test_document_deleted_there_is_a_difference(self):
        move = self._new_invoice()
        self.push(move)
        self.simulator.organisation.invoices.clear()
        self.connection.action_compare()
        self.assertIn("missing_there", self.connection.ledger_difference_ids.mapped("kind"))

    def test_foreign_addresses_are_refused(self):
        set_param = self.env["ir.config_parameter"].set_param
        for address in ("http://169.254.169.254/", "https://api.dinero.dk.example.com", "http://api.dinero.dk"):
            set_param("dinero_connector.api_url", address)
            with self.assertRaises(UserError):
                self.connection.action_test_connection()
        set_param("dinero_connector.api_url", self.simulator.base_url)
        set_param("dinero_connector.test_server", False)
        with self.assertRaises(UserError):
            self.connection.action_test_connection()
