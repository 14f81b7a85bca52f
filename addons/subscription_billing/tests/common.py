from datetime import date

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

TODAY = date(2027, 3, 10)


class SubscriptionCommon(AccountTestInvoicingCommon):
    """A Danish company, customers with addresses, products with 25 % VAT."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.company.partner_id.tz = "Europe/Copenhagen"
        cls.tax = cls.company.account_sale_tax_id
        cls.customer = cls._make_customer("Aage A/S")
        cls.other_customer = cls._make_customer("Bodil ApS")
        cls.service = cls._make_product("Service", 100.0)
        cls.setup_fee = cls._make_product("Setup", 250.0)

    @classmethod
    def _make_customer(cls, name, **values):
        address = {"street": "Vestergade 1", "zip": "8000", "city": "Aarhus", "country_id": cls.env.ref("base.dk").id}
        return cls.env["res.partner"].create({"name": name, "is_company": True, **address, **values})

    @classmethod
    def _make_product(cls, name, price, **values):
        return cls.env["product.product"].create(
            {"name": name, "type": "service", "list_price": price, "taxes_id": [(6, 0, cls.tax.ids)], **values}
        )

    @classmethod
    def _make_subscription(cls, start=date(2027, 1, 1), lines=((None, 1.0, 100.0),), running=True, **values):
        """Lines as (product or None for the service, quantity, price)."""
        if "group_id" not in values:
            values.setdefault("partner_id", cls.customer.id)
        subscription = cls.env["subscription.subscription"].create(
            {
                "date_start": start,
                "line_ids": [
                    (0, 0, {"product_id": (product or cls.service).id, "quantity": quantity, "price_unit": price})
                    for product, quantity, price in lines
                ],
                **values,
            }
        )
        if running:
            subscription._start()
        return subscription

    @classmethod
    def _add_one_off(cls, subscription, price=250.0, **values):
        line = {"subscription_id": subscription.id, "product_id": cls.setup_fee.id, "price_unit": price, **values}
        return cls.env["subscription.line"].create({**line, "is_one_off": True})

    @classmethod
    def _make_run(cls, until=TODAY, subscriptions=None, **values):
        return cls.env["subscription.billing.run"].create(
            {
                "date_until": until,
                "invoice_date": until,
                "subscription_ids": [(6, 0, subscriptions.ids)] if subscriptions else False,
                **values,
            }
        )

    @classmethod
    def _bill(cls, until=TODAY, subscriptions=None, **values):
        run = cls._make_run(until, subscriptions, **values)
        run.action_run()
        return run

    def assertPeriods(self, moves, expected):
        """Periods of the invoice lines that have some, in order."""
        lines = moves.invoice_line_ids.filtered("start_date").sorted(lambda line: (line.start_date, line.id))
        found = [(str(line.start_date), str(line.end_date)) for line in lines]
        self.assertEqual(found, expected)
