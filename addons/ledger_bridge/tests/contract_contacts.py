"""What any adapter must do with contacts: once each, field by field, nothing guessed, nothing lost."""

from odoo.exceptions import UserError

from .contract import FAULTS


class ContactContract:
    """Beside ``LedgerContract``. Fields in ``contacts.FIELDS``."""

    def remote_new_contact(self, **values):
        """The bookkeeper makes a contact over there. :return: its id"""
        raise NotImplementedError

    def remote_change_contact(self, remote_id, **values):
        """The bookkeeper changes it over there (also ``untouched``: a field we know nothing of)."""
        raise NotImplementedError

    def remote_untouched(self, remote_id):
        """The value of that field."""
        raise NotImplementedError

    def _push_contact(self, partner=None):
        partner = partner or self.customer
        log = partner._ledger_enqueue(self.connection)
        self.process()
        if log.state == "queued":
            self.process()
        return log

    def _theirs(self, partner=None):
        link = self.connection._ledger_link(partner or self.customer, "contact")
        return self.connection._ledger_contact_read(link.remote_id)

    def _rule(self, **values):
        return self.env["ledger.contact.rule"].create({"connection_id": self.connection.id} | values)

    def _direct(self, **directions):
        for line in self.connection.ledger_contact_field_ids:
            line.direction = directions.get(line.field, line.direction)

    def test_contact_is_updated_and_theirs_kept(self):
        self._push_contact()
        link = self.connection._ledger_link(self.customer, "contact")
        self.remote_change_contact(link.remote_id, untouched="Åse Østergård")
        self.customer.city = "Odense Ø"
        self.assertEqual(self._push_contact().state, "done")
        self.assertEqual(self._theirs()["city"], "Odense Ø")
        self.assertEqual(self.remote_untouched(link.remote_id), "Åse Østergård")
        self.assertEqual(self.remote_contact_count(), 1)

    def test_nothing_changed_writes_nothing(self):
        self._push_contact()
        self.simulator.requests.clear()
        self._push_contact()
        self.assertFalse([one for one in self.simulator.requests if one[0] != "GET"])

    def test_never_and_from_are_respected(self):
        self.customer.phone = "11111111"
        self._direct(phone="never", email="from")
        self._push_contact()
        link = self.connection._ledger_link(self.customer, "contact")
        self.assertEqual(self._theirs()["phone"], "")
        self.remote_change_contact(link.remote_id, phone="22222222", email="ny@example.dk")
        self.customer.write({"phone": "33333333", "street": "Nygade 1"})
        self._push_contact()
        self.assertEqual((self._theirs()["phone"], self._theirs()["street"]), ("22222222", "Nygade 1"))
        self.assertEqual((self.customer.phone, self.customer.email), ("33333333", "ny@example.dk"))

    def test_changed_on_both_sides_is_told(self):
        self._push_contact()
        link = self.connection._ledger_link(self.customer, "contact")
        self.remote_change_contact(link.remote_id, city="Viborg")
        self.assertEqual(self._push_contact().state, "done")
        self.assertEqual(self._theirs()["city"], "Viborg", "only they changed it")
        self.customer.city = "Ribe"
        log = self._push_contact()
        self.assertEqual(log.state, "failed")
        self.assertIn("Viborg", log.error_message)
        self.assertIn("Ribe", log.error_message)
        self.customer.city = "Viborg"
        self.assertEqual(self._push_contact().state, "done")
        self.customer.city = "Ribe"
        self._push_contact()
        self.assertEqual(self._theirs()["city"], "Ribe")

    def test_rule_that_creates_nobody(self):
        rule = self._rule(customer_type="company", on_missing="never")
        log = self._push_contact()
        self.assertEqual((log.state, self.remote_contact_count()), ("failed", 0))
        self.assertIn("creates nobody", log.error_message)
        rule.on_missing = "create"
        self.assertEqual(self._push_contact().state, "done")
        rule.on_existing = "never"
        self.customer.city = "Ribe"
        self._push_contact()
        self.assertEqual(self._theirs()["city"], "Aarhus C")

    def test_recognised_by_the_key_of_the_rule(self):
        rule = self._rule(customer_type="company", key="phone")
        self.customer.phone = "+45 12 34 56 78"
        there = self.remote_new_contact(name="Bageriet", phone="12345678")
        self.remote_new_contact(name="Another", vat="12345674")
        self._push_contact()
        self.assertEqual(self.connection._ledger_link(self.customer, "contact").remote_id, there)
        self.assertEqual(self.remote_contact_count(), 2)
        second = self._new_customer("Second", email="same@example.dk")
        rule.key = "email"
        self.remote_new_contact(name="One", email="same@example.dk")
        self.remote_new_contact(name="Two", email="same@example.dk")
        log = self._push_contact(second)
        self.assertEqual(log.state, "failed")
        self.assertEqual(self.remote_contact_count(), 4)

    def test_collecting_customer_with_the_real_name(self):
        collector = self._new_customer("Kontantkunder", customer_rank=1)
        self._rule(customer_type="person", collecting_partner_id=collector.id)
        people = self.env["res.partner"].create(
            [{"name": name, "country_id": self.env.ref("base.dk").id} for name in ("Åse Øst", "Per Vest")]
        )
        for person in people:
            move = self._new_invoice(partner_id=person.id)
            self.push(move)
            self.assertEqual((move.ledger_state, move.ledger_message), ("pushed", False))
            self.assertIn(person.name, str(move.ledger_log_id.sudo().request_body))
        self.assertEqual(self.remote_contact_count(), 1)
        self.assertEqual(len(self.remote_booked()), 2)
        log = self._push_contact(people[0])
        self.assertEqual((log.state, self.remote_contact_count()), ("done", 1))

    def test_first_day_matching(self):
        partners = self.env["res.partner"].search([("customer_rank", ">", 0)])
        partners.customer_rank = 0
        known = self.customer
        known.customer_rank = 1
        twin = self._new_customer("Twin", email="twin@example.dk", customer_rank=1)
        there = self.remote_new_contact(name="Bageriet", vat="12345674")
        one = self.remote_new_contact(name="Twin 1", email="twin@example.dk")
        self.remote_new_contact(name="Twin 2", email="twin@example.dk")
        self.connection.action_ledger_match_contacts()
        matches = self.env["ledger.contact.match"].search([("connection_id", "=", self.connection.id)])
        self.assertEqual(sorted(matches.mapped("state")), ["conflict", "conflict", "proposed"])
        self.assertFalse(self.connection._ledger_links_of("contact"), "nothing is linked by itself")
        with self.assertRaises(UserError):
            matches.action_confirm()
        matches.filtered(lambda match: match.state == "proposed").action_confirm()
        self.assertEqual(self.connection._ledger_link(known, "contact").remote_id, there)
        matches.filtered(lambda match: match.remote_id == one).action_confirm()
        self.assertEqual(self.connection._ledger_link(twin, "contact").remote_id, one)
        self.connection.action_ledger_match_contacts()
        open_matches = self.env["ledger.contact.match"].search(
            [("connection_id", "=", self.connection.id), ("state", "!=", "confirmed")]
        )
        self.assertFalse(open_matches)
        self._push_contact(known)
        self._push_contact(twin)
        self.assertEqual(self.remote_contact_count(), 3)

    def test_faults_of_an_update_end_with_one_contact_in_step(self):
        self._push_contact()
        for number, (method, fault) in enumerate((method, fault) for method in ("PUT", "GET") for fault in FAULTS):
            with self.subTest(method=method, fault=fault):
                self.simulator.faults.clear()
                self.simulator.fault(fault, method, r"/(contacts|customers)/[0-9a-f-]+$")
                self.customer.city = f"By {number}"
                log = self._push_contact()
                for _run in range(3):
                    self.process()
                self.assertEqual((log.state, log.error_message), ("done", False))
                self.assertEqual(self._theirs()["city"], f"By {number}")
        self.assertEqual(self.remote_contact_count(), 1)
