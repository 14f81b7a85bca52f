from datetime import date

from odoo import Command

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class PaymentReferenceCommon(AccountTestInvoicingCommon):
    """A Danish company without agreements, and what makes them and invoices."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls.journal = cls.company_data["default_journal_sale"]
        cls.Move = cls.env["account.move"]
        cls.Agreement = cls.env["payment.reference.agreement"]
        cls.Agreement.search([("company_id", "=", cls.env.company.id)]).active = False
        for name in ("NOK", "SEK", "EUR"):
            cls.env.ref(f"base.{name}").active = True

    def _agreement(self, **values):
        return self.Agreement.create({"card_type": "71", "creditor_number": "88888888", **values})

    def _invoice(self, post=True, price=498.75, move_type="out_invoice", currency=None, **values):
        invoice = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.partner_a.id,
                "invoice_date": date(2026, 11, 2),
                "invoice_line_ids": [
                    Command.create({"name": "Abonnement", "quantity": 1, "price_unit": price, "tax_ids": []})
                ],
                **({"currency_id": self.env.ref(f"base.{currency}").id} if currency else {}),
                **values,
            }
        )
        if post:
            invoice.action_post()
        return invoice

    def _other_journal(self):
        return self.env["account.journal"].create(
            {
                "name": "Other",
                "code": "OTH",
                "type": "sale",
                "default_account_id": self.company_data["default_account_revenue"].id,
            }
        )

    def _html(self, invoice):
        return self.env["ir.actions.report"]._render_qweb_html("account.report_invoice", invoice.ids)[0].decode()

    def _user(self, *groups, company=None):
        company = company or self.env.company
        return self.env["res.users"].create(
            {
                "name": groups[0],
                "login": f"npr_{groups[0]}_{company.id}",
                "company_id": company.id,
                "company_ids": [Command.set(company.ids)],
                "group_ids": [Command.set([self.env.ref(f"account.{group}").id for group in groups])],
            }
        )
