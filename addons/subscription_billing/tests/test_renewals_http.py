import json

from odoo.tests import HttpCase, new_test_user, tagged

from .test_renewals import RenewalCommon


class RenewalsHttpCommon(RenewalCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        manager = new_test_user(
            cls.env, "renewal_manager", "account.group_account_manager", company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )  # fmt: skip
        cls.manager = manager
        cls.key = cls.source.with_user(manager)._create_key()

    def _post(self, data, key=None, source=None, **headers):
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        headers = {"Content-Type": "application/json", **headers}
        if key != "":
            headers["Authorization"] = f"Bearer {key or self.key}"
        source_id = (source or self.source).id
        return self.url_open(f"/subscription_billing/renewals/1/{source_id}", data=body, headers=headers)


@tagged("post_install", "-at_install")
class TestRenewalsOverHttp(RenewalsHttpCommon):
    def test_a_renewal_comes_in(self):
        answer = self._post(self._message())
        self.assertEqual((answer.status_code, answer.json()["state"]), (202, "ready"))
        again = self._post(self._message())
        self.assertEqual((again.status_code, again.json()["renewal"]), (200, "R-1"))
        changed = self._post(self._message(total=1))
        self.assertEqual((changed.status_code, changed.json()["error"]), (409, "key_used"))
        self.assertEqual(len(self.env["subscription.renewal"].search([("source_id", "=", self.source.id)])), 1)
        self._process()
        state = self.url_open(
            f"/subscription_billing/renewals/1/{self.source.id}/state?renewal=R-1",
            headers={"Authorization": f"Bearer {self.key}"},
        ).json()
        self.assertEqual((state["state"], bool(state["invoice"])), ("invoiced", True))

    def test_the_header_is_the_key_too(self):
        message = self._message()
        del message["key"]
        self.assertEqual(self._post(message).status_code, 400)
        answer = self._post(message, **{"Idempotency-Key": "evt-9"})
        self.assertEqual(answer.status_code, 202)
        self.assertEqual(self.env["subscription.renewal.message"].search([], limit=1).key, "evt-9")

    def test_bad_messages_name_their_fields(self):
        answer = self._post({**self._message(), "stage": "paid", "lines": []})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual({error["field"] for error in answer.json()["errors"]}, {"stage", "lines"})
        self.assertEqual(self._post(b"{no json").status_code, 400)
        self.assertEqual(self._post(b"x" * (256 * 1024 + 1)).status_code, 413)
        self.assertFalse(self.env["subscription.renewal"].search([("source_id", "=", self.source.id)]))

    def test_no_key_opens_what_it_was_not_made_for(self):
        other = self._make_source(name="Other")
        answers = [
            self._post(self._message(), key=""),
            self._post(self._message(), source=other),
            self._post(self._message(), source=self.env["subscription.renewal.source"].browse(987654)),
        ]
        self.env.registry._login_failures.clear()
        everything = self.env["res.users.apikeys"].with_user(self.manager).sudo()._generate(None, "All", None)
        answers.append(self._post(self._message(), key=everything, source=other))
        self.assertEqual({answer.status_code for answer in answers}, {401})
        self.assertEqual(len({answer.text for answer in answers}), 1, "nothing tells which sources there are")
        self.env.registry._login_failures.clear()
        self.source.with_user(self.manager).action_remove_keys()
        self.assertEqual(self._post(self._message()).status_code, 401)

    def test_a_key_ends_with_its_owner_and_his_company(self):
        self.manager.active = False
        self.assertEqual(self._post(self._message()).status_code, 401)
        self.manager.active = True
        self.source.active = False
        self.assertEqual(self._post(self._message()).status_code, 401)
        self.env.registry._login_failures.clear()

    def test_too_many_messages(self):
        self.source.rate_limit = 1
        self.assertEqual(self._post(self._message("R-1")).status_code, 202)
        refused = self._post(self._message("R-2"))
        self.assertEqual((refused.status_code, refused.headers["Retry-After"]), (429, "60"))

    def test_the_description_is_served(self):
        found = self.url_open("/subscription_billing/renewals/1/openapi.json").json()
        schema = found["components"]["schemas"]["Renewal"]["properties"]
        self.assertEqual(set(schema), set(self._message()) | {"date", "total"})
