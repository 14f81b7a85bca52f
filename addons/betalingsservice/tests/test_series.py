from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import SUPPLIER, BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestSeries(BetalingsserviceCommon):
    """The operator takes each delivery number of a data supplier once, whatever creditor or company it is for."""

    def _second(self, company=None, **values):
        return self.env["betalingsservice.creditor"].create(
            {
                "name": "To",
                "pbs_number": "76543210",
                "data_supplier_number": SUPPLIER,
                "subsystem": "BS1",
                "company_id": (company or self.company).id,
                "group_ids": [Command.create({"number": "00001", "name": "Andre"})],
                **values,
            }
        )

    def _delivered(self, creditor, partner):
        self._agreement(partner, group_id=creditor.group_ids.id)
        self._invoice(partner)
        return creditor._create_delivery().delivery_number

    def test_two_creditors_of_one_data_supplier_share_their_numbers(self):
        second = self._second()
        numbers = [self._delivered(self.creditor, self.customer), self._delivered(second, self.other)]
        self.assertEqual(int(numbers[1]), int(numbers[0]) + 1)

    def test_another_company_with_the_same_data_supplier(self):
        other = self.setup_other_company()["company"]
        theirs = self._second(company=other)
        self.assertEqual(theirs.sequence_id, self.creditor.sequence_id)
        self.assertEqual(theirs.sudo().sequence_id.company_id.id, False)

    def test_test_and_another_data_supplier_have_their_own(self):
        for values in ({"subsystem": "KR9"}, {"data_supplier_number": "87654321", "pbs_number": "11111111"}):
            self.assertNotEqual(self._second(**values).sequence_id, self.creditor.sequence_id)

    def test_a_creditor_that_changes_its_data_supplier(self):
        used = self._delivered(self.creditor, self.customer)
        self.creditor.data_supplier_number = "87654321"
        self.assertEqual(self.creditor.next_delivery_number, "0000000001")
        self.creditor.data_supplier_number = SUPPLIER
        self.assertEqual(int(self.creditor.next_delivery_number), int(used) + 1, "never a number that was used")

    def test_it_goes_on_where_the_old_system_ended(self):
        # the counter is no part of the transaction, and the one of the other tests stays what it is
        self.creditor.data_supplier_number = "11223344"
        self.creditor.next_delivery_number = "2504362001"
        self.assertEqual(self._delivered(self.creditor, self.customer), "2504362001")
        self.assertEqual(self.creditor.next_delivery_number, "2504362002")
        for wrong in ("2504362001", "7", "0", "", "12345678901", "12A"):
            with self.subTest(wrong), self.assertRaises(ValidationError), self.cr.savepoint():
                self.creditor.next_delivery_number = wrong
        created = self._second(data_supplier_number="11223344", next_delivery_number="2504370000")
        self.assertEqual(created.next_delivery_number, "2504370000")
        self.assertEqual(self.creditor.next_delivery_number, "2504370000")

    def test_the_manager_sets_it_and_nobody_else(self):
        manager = new_test_user(self.env, "leder", groups="account.group_account_manager")
        clerk = new_test_user(self.env, "faktura", groups="account.group_account_invoice")
        self.creditor.data_supplier_number = "11223344"
        self.creditor.with_user(manager).next_delivery_number = "500"
        self.assertEqual(self.creditor.with_user(clerk).next_delivery_number, "0000000500")
        with self.assertRaises(UserError), self.cr.savepoint():
            self.creditor.with_user(clerk).write({"next_delivery_number": "600"})
        self.creditor.invalidate_recordset()
        self.assertEqual(self.creditor.next_delivery_number, "0000000500")
