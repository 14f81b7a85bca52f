from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15")
class TestProof(BetalingsserviceCommon):
    """A bookkeeper's other program cannot change over RPC what was claimed and delivered."""

    def test_delivered_is_delivered(self):
        bookkeeper = new_test_user(
            self.env,
            "bookkeeper@example.dk",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self._agreement()
        invoice = self._invoice().with_user(bookkeeper)
        delivery = self.creditor.with_user(bookkeeper)._create_delivery(date(2027, 2, 28))
        delivery.action_mark_sent()
        collection = delivery.collection_ids
        self.assertEqual(collection.state, "delivered")
        for record, values in (
            (collection, {"state": "to_send"}),
            (collection, {"delivery_id": False}),
            (collection, {"amount": 1.0}),
            (collection.line_ids, {"amount": 1.0}),
            (collection.line_ids, {"is_withdrawn": True}),
            (delivery, {"state": "failed"}),
            (delivery, {"file_sha256": False}),
            (delivery.attachment_id, {"raw": b"other"}),
            (delivery.attachment_id, {"res_model": False}),
        ):
            with self.subTest(model=record._name, values=values), self.assertRaises(AccessError):
                record.write(values)
        with self.assertRaises(AccessError):
            delivery.attachment_id.unlink()
        with self.assertRaises(AccessError):
            delivery.collection_ids.create({"agreement_id": collection.agreement_id.id})
        with self.assertRaises(AccessError):
            collection.line_ids.create({"collection_id": collection.id, "move_id": invoice.id})
        for state in ("draft", "cancel"):
            with self.assertRaises(UserError):
                invoice.write({"state": state})
