from datetime import date

from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import Command, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestSameLines(SubscriptionCommon):
    """A line of a template is a line of a subscription: what both have is defined once."""

    def test_fields_of_both_say_the_same(self):
        line, template = self.env["subscription.line"], self.env["subscription.template.line"]
        names = set(self.env["subscription.line.mixin"]._fields) - {"display_name", *models.MAGIC_COLUMNS}
        self.assertIn("usage_included", names)
        for name in names:
            for attribute in ("type", "string", "help", "selection", "required", "digits"):
                ours, theirs = (getattr(model._fields[name], attribute, None) for model in (line, template))
                self.assertEqual(ours, theirs, f"{name}.{attribute}")

    def test_when_it_is_charged_is_told_alike(self):
        subscription, template = self.env["subscription.subscription"], self.env["subscription.template"]
        for name in ("anchor", "anchor_month", "timing", "lead_days", "proration", "backlog", "interval_unit"):
            ours, theirs = (model._fields[name] for model in (subscription, template))
            self.assertEqual((ours.help, ours.string), (theirs.help, theirs.string), name)
            if ours.type == "selection":
                self.assertEqual(ours.selection, theirs.selection, name)

    def test_both_refuse_the_same(self):
        template = self.env["subscription.template"].create({"name": "Rent"})
        subscription = self._make_subscription(running=False)
        holders = {
            "subscription.line": {"subscription_id": subscription.id},
            "subscription.template.line": {"template_id": template.id},
        }
        for model, holder in holders.items():
            for wrong in (
                {},
                {"product_id": self.service.id, "discount": 101.0},
                {"product_id": self.service.id, "usage_included": -1.0},
                {"product_id": self.service.id, "interval_unit": "month", "interval_count": 1001},
            ):
                with self.subTest(model=model, wrong=wrong), self.assertRaises(ValidationError):
                    self.env[model].create({**holder, **wrong})
            tier = {"line_id": self.env[model].create({**holder, "name": "Text"}).id, "price_unit": 1.0}
            self.env[f"{model}.tier"].create({**tier, "above": 5.0})
            for above, error in ((5.0, UniqueViolation), (0.0, CheckViolation)):
                with mute_logger("odoo.sql_db"), self.assertRaises(error), self.env.cr.savepoint():
                    self.env[f"{model}.tier"].create({**tier, "above": above})


@tagged("post_install", "-at_install")
class TestTemplate(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        templates = cls.env["subscription.template"]
        line = {"product_id": cls.service.id}
        cls.membership = templates.create(
            {
                "name": "Membership",
                "interval_unit": "year",
                "anchor": "first",
                "anchor_month": "1",
                "trial_days": 14,
                "line_ids": [
                    Command.create({**line, "has_own_price": True, "price_unit": 450.0}),
                    Command.create({"product_id": cls.setup_fee.id, "kind": "one_off"}),
                ],
            }
        )
        cls.contract = templates.create(
            {
                "name": "Service contract",
                "interval_unit": "quarter",
                "timing": "arrears",
                "binding_months": 12,
                "notice_count": 3,
                "notice_end": "month",
                "conditions": "<p>Three visits</p>",
                "line_ids": [
                    Command.create({**line, "quantity": 3, "discount": 10}),
                    Command.create({**line, "kind": "usage", "usage_included": 5}),
                ],
            }
        )
        cls.rent = templates.create(
            {
                "name": "Rent",
                "anchor": "first",
                "lead_days": 10,
                "proration": "30_360",
                "line_ids": [Command.create({"name": "Rent of room", "has_own_price": True, "price_unit": 8000.0})],
            }
        )

    def _make(self, template, **values):
        return self.env["subscription.subscription"].create(
            {"template_id": template.id, "partner_id": self.customer.id, "date_start": date(2027, 3, 10), **values}
        )

    def test_three_kinds_each_from_its_own(self):
        membership, contract, rent = self._make(self.membership), self._make(self.contract), self._make(self.rent)
        self.assertEqual((membership.trial_end, membership.line_ids.price_unit), (date(2027, 3, 23), 450.0))
        self.assertEqual(membership.one_off_line_ids.price_unit, 250.0)
        self.assertEqual((contract.binding_until, contract.timing), (date(2028, 3, 9), "arrears"))
        self.assertEqual((contract.line_ids.quantity, contract.line_ids.price_unit), (3.0, 100.0))
        self.assertEqual(contract.usage_line_ids.usage_included, 5.0)
        self.assertIn("Three visits", contract.conditions)
        self.assertEqual((rent.proration, rent.title), ("30_360", "Rent"))
        (membership | contract | rent)._start()
        run = self._bill(date(2027, 3, 21), rent)
        self.assertPeriods(run.invoice_ids, [("2027-03-10", "2027-03-31")])
        self.assertEqual(run.invoice_ids.amount_untaxed, round(8000 * 21 / 30, 2), "April is due ten days before")

    def test_usage_line_brings_its_tiers(self):
        usage = self.contract.line_ids.filtered(lambda line: line.kind == "usage")
        action = usage.action_open_usage()
        with Form(self.env[action["res_model"]].browse(action["res_id"]), action["views"][0][0]) as form:
            with form.tier_ids.new() as tier:
                tier.above, tier.price_unit = 100.0, 80.0
            form.usage_mode = "volume"
        subscription = self._make(self.contract)
        self.assertRecordValues(subscription.usage_line_ids, [{"usage_included": 5.0, "usage_mode": "volume"}])
        self.assertRecordValues(subscription.usage_line_ids.tier_ids, [{"above": 100.0, "price_unit": 80.0}])
        usage.tier_ids.price_unit = 1.0
        self.assertEqual(subscription.usage_line_ids.tier_ids.price_unit, 80.0, "copied, not followed")
        copied = self.contract.copy().line_ids.filtered(lambda line: line.kind == "usage")
        self.assertEqual(copied.tier_ids.mapped("above"), [100.0])
        standing = self.contract.line_ids - usage
        for values in ({"tier_ids": [Command.create({"above": 1, "price_unit": 1})]}, {"usage_included": 3}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                standing.write(values)

    def test_in_the_form(self):
        action = self.contract.action_new_subscription()
        with Form(self.env["subscription.subscription"].with_context(**action["context"])) as form:
            form.partner_id = self.customer
            self.assertEqual((form.interval_unit, form.notice_count), ("quarter", 3))
            self.assertEqual(len(form.line_ids), 1)
            form.template_id = self.membership
            self.assertEqual(form.interval_unit, "year")
        subscription = form.save()
        self.assertEqual(subscription.line_ids.mapped("price_unit"), [450.0])
        self.assertEqual((subscription.trial_days, subscription.notice_count), (14, 0))
        self.assertEqual(len(subscription.all_line_ids), 2)

    def test_what_is_given_wins(self):
        subscription = self._make(self.contract, notice_count=1, line_ids=[Command.create({"name": "X"})])
        self.assertEqual((subscription.notice_count, subscription.line_ids.name), (1, "X"))

    def test_a_changed_template_changes_nothing_that_exists(self):
        subscription = self._make(self.rent)
        before = subscription.read(["interval_unit", "anchor", "notice_count", "monthly_amount"])
        self.rent.write({"interval_unit": "year", "anchor": "start", "notice_count": 6})
        self.rent.line_ids.price_unit = 1.0
        subscription.invalidate_recordset()
        self.assertEqual(subscription.read(["interval_unit", "anchor", "notice_count", "monthly_amount"]), before)
        self.assertEqual(self.rent.subscription_count, 1)
        self.rent.active = False
        self.assertEqual(subscription.template_id, self.rent)

    def test_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        self.contract.with_context(lang="sv_SE").name = "Serviceavtal"
        self.customer.lang = "sv_SE"
        self.assertEqual(self._make(self.contract).title, "Serviceavtal")

    def test_nonsense_is_refused(self):
        for values in ({"anchor": "day", "anchor_day": 32}, {"binding_months": -1}, {"interval_count": 0}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.rent.write(values)

    def test_rights(self):
        options = {"company_id": self.company.id, "company_ids": [Command.set(self.company.ids)]}
        clerk = new_test_user(self.env, "t_clerk", groups="account.group_account_invoice", **options)
        auditor = new_test_user(self.env, "t_auditor", groups="account.group_account_readonly", **options)
        made = self.env["subscription.subscription"].with_user(clerk)
        subscription = made.create({"template_id": self.rent.id, "partner_id": self.customer.id})
        self.assertEqual(subscription.line_ids.price_unit, 8000.0)
        for user in (clerk, auditor):
            self.assertEqual(self.rent.with_user(user).name, "Rent")
            with self.assertRaises(AccessError):
                self.rent.with_user(user).name = "x"
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "t_stranger",
            groups="account.group_account_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["subscription.template"].with_user(stranger).search([]))
