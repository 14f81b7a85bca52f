"""What people see of a deposit: sending, papers, portal, timeline, overview."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestFaces(PrepaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner_a.write({"email": "customer@example.com", "invoice_sending_method": "email"})

    def _salesperson(self):
        return new_test_user(
            self.env,
            "faces_salesperson",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
            email="seller@example.com",
        )

    # One button

    def test_one_click_makes_posts_and_sends(self):
        self._policy((30,))
        order = self._order(confirm=True)
        order.with_user(self._salesperson()).action_prepayment_send()
        deposit = self._deposits(order)
        self.assertEqual((len(deposit), deposit.state, deposit.invoice_is_sent), (1, "posted", True))
        mail = deposit.message_ids.filtered(lambda message: message.message_type == "comment")
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.partner_ids, self.partner_a)
        self.assertEqual(mail.attachment_ids.mapped("mimetype"), ["application/pdf"])
        self.assertIn(deposit.name, mail.subject)
        self.assertIn(order.name, mail.body)
        self.assertEqual(mail.author_id, order.user_id.partner_id)
        log = deposit.invoice_status_log_ids.filtered(lambda row: row.state_to == "sent")
        self.assertEqual(log.user_id.login, "faces_salesperson")
        self.assertFalse(order.prepayment_can_send)

    def test_one_click_takes_the_next_planned_deposit(self):
        self._policy((50, 50), invoice_mode="post")
        order = self._order(confirm=True)
        first = self._deposits(order)
        order.action_prepayment_send()  # posted by the rule, not sent yet: no second one
        self.assertEqual(self._deposits(order), first)
        order.action_prepayment_send()
        self.assertEqual(self._deposits(order).mapped("invoice_is_sent"), [True, True])
        with self.assertRaises(UserError):
            order.action_prepayment_send()
        self.assertEqual(len(self._deposits(order)), 2)

    def test_customer_without_address_stops_before_posting(self):
        self.partner_a.email = False
        self._policy((30,))
        order = self._order(confirm=True)
        with self.assertRaisesRegex(UserError, self.partner_a.name):
            order.action_prepayment_send()
        self.assertEqual(self._deposits(order).state, "draft")

    def test_own_mail_terms_and_number_series(self):
        template = self.env["mail.template"].create(
            {
                "name": "Our own",
                "model_id": self.env["ir.model"]._get_id("account.move"),
                "subject": "A deposit of ours",
                "body_html": "<p>Hello</p>",
                "use_default_to": True,
            }
        )
        journal = self.env["account.journal"].create(
            {"name": "Deposits", "code": "FB", "type": "sale", "company_id": self.company.id}
        )
        self.company.write(
            {
                "prepayment_mail_template_id": template.id,
                "prepayment_terms": "<p>Kept when the order is cancelled</p>",
                "prepayment_journal_id": journal.id,
            }
        )
        self._policy((30, 30), invoice_mode="post")
        order = self._order(confirm=True, note="<p>Note of the order</p>")
        order.action_create_prepayment_invoice()
        first, second = self._deposits(order)
        self.assertEqual((first | second).journal_id, journal)
        self.assertTrue(first.name.startswith("FB"), first.name)
        self.assertEqual(int(second.name[-4:]), int(first.name[-4:]) + 1)
        self.assertIn("Kept when", first.narration)
        self.assertIn("Note of the order", first.narration)
        self.assertEqual(first._get_mail_template(), template)
        final = self._final(order)
        self.assertNotEqual(final.journal_id, journal)
        self.assertEqual(final._get_mail_template(), self.env.ref("invoice_prepayment.mail_template_final"))
        self.assertNotIn("Kept when", final.narration)
        standard = self.init_invoice("out_invoice", amounts=[10], post=True)
        self.assertEqual(standard._get_mail_template(), self.env.ref("account.email_template_edi_invoice"))

    def test_title_in_every_nordic_language(self):
        """The print's own words are there in each language the database has."""
        self._policy((30,), invoice_mode="post")
        order = self._order(confirm=True)
        deposit = self._deposits(order)
        final = self._final(order)
        final.action_post()
        titles = {
            "da_DK": ("Forudbetalingsfaktura", "Slutfaktura"),
            "nb_NO": ("Forskuddsfaktura", "Sluttfaktura"),
            "sv_SE": ("Förskottsfaktura", "Slutfaktura"),
            "fi_FI": ("Ennakkolasku", "Loppulasku"),
        }
        view = self.env.ref("invoice_prepayment.report_invoice_document")
        for lang, expected in titles.items():
            if lang != "da_DK":
                self.env["res.lang"]._activate_lang(lang)
                self.env.ref("base.module_invoice_prepayment")._update_translations(lang)
            for move, title in zip((deposit, final), expected, strict=True):
                self.partner_a.lang = lang
                html = self.env["ir.actions.report"]._render_qweb_html("account.account_invoices", move.ids)[0]
                self.assertIn(title, html.decode(), (lang, view.with_context(lang=lang).arch[:200]))
                self.assertEqual(move.with_context(lang=lang).type_name, title)

    def test_final_invoice_lists_number_date_net_and_vat(self):
        self._policy((30, 40), invoice_mode="post")
        order = self._order(confirm=True)
        order.action_create_prepayment_invoice()
        first, second = self._deposits(order)
        final = self._final(order)
        final.action_post()
        rows = final._get_deducted_prepayments()
        self.assertEqual([row["move"] for row in rows], [first, second])
        self.assertEqual(
            [(row["date"], row["net"], row["tax"]) for row in rows],
            [(move.invoice_date, move.amount_untaxed, move.amount_tax) for move in (first, second)],
        )
        html = self.env["ir.actions.report"]._render_qweb_html("account.account_invoices", final.ids)[0].decode()
        table = html.split('id="deducted_prepayments"')[1].split("</table>")[0]
        for move in (first, second):
            self.assertIn(move.name, table)

    # The customer's papers

    def test_plan_on_quotation_and_confirmation(self):
        self._policy((30, 40), invoice_mode="post")
        order = self._order()
        render = self.env["ir.actions.report"]._render_qweb_html
        html = render("sale.action_report_saleorder", order.ids)[0].decode()
        self.assertIn('id="prepayment_plan"', html)
        self.assertIn('id="prepayment_wait"', html)
        plan = order._get_prepayment_plan()
        self.assertEqual([(row["amount"], row["is_open"]) for row in plan], [(4629.63, False), (6172.84, False)])
        order.action_confirm()
        deposit = self._deposits(order)
        plan = order._get_prepayment_plan()
        self.assertEqual([row["is_open"] for row in plan], [True, False])
        self.assertEqual(plan[0]["move"], deposit)
        self.assertRegex(order._get_prepayment_wait_text(), "4[.,]629[.,]63")
        self._pay(deposit)
        self.assertFalse(order._waits_for_prepayment())
        self.assertFalse(order._get_prepayment_plan()[0]["is_open"])
        self.assertNotRegex(order._get_prepayment_wait_text(), "4[.,]629[.,]63")

    def test_no_deposit_no_word(self):
        order = self._order(confirm=True)
        html = self.env["ir.actions.report"]._render_qweb_html("sale.action_report_saleorder", order.ids)[0].decode()
        self.assertNotIn("prepayment_plan", html)
        self.assertEqual((order._get_prepayment_plan(), order._get_prepayment_wait_text()), ([], ""))

    # Timeline

    def test_timeline_from_order_to_paid(self):
        self._policy((30,), invoice_mode="post")
        order = self._order(confirm=True)
        deposit = self._deposits(order)

        def steps(done):
            entries = order._get_sorted_prepayment_timeline()
            return [entry["step"] for entry in entries if bool(entry.get("date")) == done]

        self.assertEqual(steps(True), ["order", "deposit"])
        self.assertEqual(steps(False), ["deposit", "final", "paid"])
        deposit._post_and_send_prepayment()
        payment = self._pay(deposit)
        final = self._final(order)
        final.action_post()
        self._pay(final)
        self.assertEqual(set(steps(True)), {"order", "deposit", "final", "paid"})
        self.assertFalse(steps(False))
        entries = order._prepayment_timeline()
        self.assertTrue(all(entry["user"] for entry in entries), entries)
        self.assertIn(payment.name, " ".join(entry.get("text") or "" for entry in entries))
        html = str(order.prepayment_timeline_html)
        self.assertIn(deposit.name, html)
        self.assertIn(f"/odoo/account.move/{final.id}", html)
        self.assertTrue(order.with_user(self._salesperson()).prepayment_timeline_html)

    # Overview

    def test_overview_columns_follow_the_life_of_an_order(self):
        self._policy((30,))
        order = self._order(confirm=True)
        domain = [("id", "=", order.id)]
        groups = order.with_context(read_group_expand=True).web_read_group(domain, ["prepayment_state"], ["__count"])[
            "groups"
        ]
        self.assertEqual(
            [group["prepayment_state"] for group in groups],
            ["to_invoice", "invoiced", "partial", "received", "settled", "refunded"],
        )

    def test_outstanding_in_the_company_currency_by_month(self):
        currency = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.125)])
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": currency.id})
        self.product.taxes_id = False
        self._policy((30, 20), invoice_mode="post")
        order = self._order([(1, 1000)], confirm=True, pricelist_id=pricelist.id)
        milestones = order.prepayment_milestone_ids
        self.assertEqual(milestones.mapped("outstanding_amount"), [2400, 1600])
        deposit = self._deposits(order)
        self.assertEqual(milestones[0].outstanding_date, deposit.invoice_date_due)
        self._pay(deposit, 100)
        self.assertEqual(milestones.mapped("outstanding_amount"), [1600, 1600])
        quotation = self._order([(1, 1000)])
        self.assertEqual(sum(quotation.prepayment_milestone_ids.mapped("outstanding_amount")), 0)
        self._final(order).action_post()
        self.assertEqual(milestones.mapped("outstanding_amount"), [1600, 0])  # deducted, but not paid
        self._pay(deposit)
        self.assertEqual(sum(milestones.mapped("outstanding_amount")), 0)

    # Guards

    def test_type_is_not_written_by_hand(self):
        self._policy((30,), invoice_mode="post")
        deposit = self._deposits(self._order(confirm=True)).with_user(self.env.user)
        with self.assertRaises(AccessError):
            deposit.write({"prepayment_invoice_type": "standard"})
        with self.assertRaises(AccessError):
            deposit.create({"move_type": "out_invoice", "prepayment_invoice_type": "final"})
        self.assertEqual(deposit.prepayment_invoice_type, "prepayment")

    def test_channels_are_told_after_the_mail(self):
        self._policy((30,))
        order = self._order(confirm=True)
        told = []

        def record(move):
            told.append((move, move.invoice_is_sent))

        with patch.object(self.env.registry["account.move"], "_send_prepayment_channels", record):
            order.action_prepayment_send()
        self.assertEqual(told, [(self._deposits(order), True)])

    def test_auditor_reads_and_other_company_sees_nothing(self):
        self._policy((30,), invoice_mode="post")
        order = self._order(confirm=True)
        auditor = new_test_user(
            self.env,
            "faces_auditor",
            groups="account.group_account_readonly",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        milestones = order.prepayment_milestone_ids.with_user(auditor)
        self.assertEqual(milestones.mapped("outstanding_amount"), order.prepayment_milestone_ids.mapped("amount"))
        with self.assertRaises(AccessError):
            milestones.write({"name": "Other"})
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "faces_stranger",
            groups="account.group_account_manager,sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assertFalse(self.env["prepayment.milestone"].with_user(stranger).search([("order_id", "=", order.id)]))
        with self.assertRaises(AccessError):
            order.with_user(stranger).action_prepayment_send()
