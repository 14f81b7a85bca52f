from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class PrepaymentCommon(AccountTestInvoicingCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.lang = "en_US"
        cls.env = cls.env(context={**cls.env.context, "lang": "en_US"})
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.company = cls.company_data["company"]
        cls.company.account_fiscal_country_id = cls.env.ref("base.dk")
        cls.liability = cls.company.downpayment_account_id or cls.env["account.account"].create(
            {"name": "Deposits from customers", "code": "741099", "account_type": "liability_current"}
        )
        cls.company.downpayment_account_id = cls.liability
        cls.vat_account = cls.env["account.account"].create(
            {"name": "Output VAT", "code": "781099", "account_type": "liability_current"}
        )
        cls.vat_25 = cls._vat(25)
        cls.product = cls._product("Batch", cls.vat_25)

    @classmethod
    def _vat(cls, percent, price_include=False):
        return cls.env["account.tax"].create(
            {
                "name": f"Sale VAT {percent}{' incl.' if price_include else ''}",
                "amount": percent,
                "amount_type": "percent",
                "type_tax_use": "sale",
                "price_include_override": "tax_included" if price_include else "tax_excluded",
                "company_id": cls.company.id,
                "invoice_repartition_line_ids": [
                    (0, 0, {"repartition_type": "base"}),
                    (0, 0, {"repartition_type": "tax", "account_id": cls.vat_account.id}),
                ],
                "refund_repartition_line_ids": [
                    (0, 0, {"repartition_type": "base"}),
                    (0, 0, {"repartition_type": "tax", "account_id": cls.vat_account.id}),
                ],
            }
        )

    @classmethod
    def _product(cls, name, taxes, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "invoice_policy": "order",
                "list_price": 100,
                "taxes_id": [(6, 0, taxes.ids)],
                "property_account_income_id": cls.company_data["default_account_revenue"].id,
                **values,
            }
        )

    @classmethod
    def _policy(cls, percents=(30,), **values):
        plan = []
        if len(percents) > 1:
            plan = [
                (
                    0,
                    0,
                    {
                        "name": f"Deposit {index}",
                        "sequence": index,
                        "percent": percent,
                        "event": "confirmation" if index == 1 else "delivery",
                    },
                )
                for index, percent in enumerate(percents, 1)
            ]
        return cls.env["prepayment.policy"].create(
            {
                "name": "/".join(map(str, percents)),
                "company_id": cls.company.id,
                "percent": percents[0],
                "line_ids": plan,
                **values,
            }
        )

    @classmethod
    def _order(cls, lines=((1, 12345.67),), confirm=False, **values):
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls.partner_a.id,
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": (line[2] if len(line) > 2 else cls.product).id,
                            "product_uom_qty": line[0],
                            "price_unit": line[1],
                            "discount": line[3] if len(line) > 3 else 0,
                        },
                    )
                    for line in lines
                ],
                **values,
            }
        )
        if confirm:
            order.action_confirm()
        return order

    @classmethod
    def _deposits(cls, order):
        return order._get_prepayment_invoices().sorted("id")

    @classmethod
    def _final(cls, orders):
        before = orders.invoice_ids
        orders.action_create_final_invoice()
        return orders.invoice_ids - before

    @classmethod
    def _pay(cls, invoice, amount=None):
        values = {"amount": amount} if amount is not None else {}
        return (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create(values)
            ._create_payments()
        )

    def _balance(self, account):
        lines = self.env["account.move.line"].search([("account_id", "=", account.id), ("parent_state", "=", "posted")])
        return self.company.currency_id.round(sum(lines.mapped("balance")))
