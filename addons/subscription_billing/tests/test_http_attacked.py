"""Hostile requests to what stands open on the web: the portal's pages and the endpoint of renewals."""

import json

from odoo import http
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_portal import PASSWORD, PortalCommon
from .test_renewals_http import RenewalsHttpCommon

TOO_LARGE = 10**12
ODD_TEXTS = ["\x00", "a\x00b", "\ud800", "‮txt", "<script>alert(1)</script>", "x" * 70_000]


@tagged("post_install", "-at_install")
class TestRenewalsAttacked(RenewalsHttpCommon):
    def test_texts_no_database_holds(self):
        for number, text in enumerate(ODD_TEXTS):
            for field in ("renewal", "subscription", "stage", "currency", "key"):
                with self.subTest(field=field, number=number):
                    message = self._message(f"R-{number}-{field}") | {field: text}
                    answer = self._post(json.dumps(message).encode())
                    self.assertIn(answer.status_code, (202, 200, 400, 409), answer.text[:300])
            for part, field in (("customer", "name"), ("customer", "email"), ("payment", "reference")):
                with self.subTest(field=field, number=number):
                    message = self._message(f"R-{number}-{part}-{field}")
                    message["key"] = f"evt-{number}-{field}"
                    message[part] = {**message.get(part, {}), field: text}
                    answer = self._post(json.dumps(message).encode())
                    self.assertIn(answer.status_code, (202, 200, 400, 409), answer.text[:300])

    def test_numbers_no_invoice_holds(self):
        for number, value in enumerate(
            [
                "NaN",
                "Infinity",
                "-Infinity",
                "1e400",
                "1" + "0" * 400,
                "0x10",
                "true",
                "[]",
                "{}",
                '"1,50"',
                "-0",
                "1e-400",
            ]
        ):
            for field in ("total", "unit_price", "quantity"):
                with self.subTest(field=field, value=value[:20]):
                    message = self._message(f"N-{number}-{field}")
                    message["key"] = f"evt-n-{number}-{field}"
                    if field == "total":
                        message["total"] = "@@"
                    else:
                        message["lines"] = [{**message["lines"][0], field: "@@"}]
                    answer = self._post(json.dumps(message).replace('"@@"', value).encode())
                    self.assertIn(answer.status_code, (202, 400), answer.text[:300])

    def test_dates_no_calendar_holds(self):
        for number, value in enumerate(
            [
                "0001-01-01",
                "9999-12-31",
                "2027-02-30",
                "20270301",
                "2027-03-01T00:00:00Z",
                20270301,
                None,
                [],
                "-001-01-01",
            ]
        ):
            with self.subTest(value=value):
                message = self._message(f"D-{number}") | {"date": value, "key": f"evt-d-{number}"}
                message["lines"] = [{**message["lines"][0], "period_start": value, "period_end": value}]
                answer = self._post(message)
                self.assertIn(answer.status_code, (202, 400), answer.text[:300])
        self._process()

    def test_bodies_that_are_no_message(self):
        bodies = [
            b" ",
            b"null",
            b"[]",
            b"1",
            b'"x"',
            b"[" * 100_000,
            b'{"a":' * 50_000,
            b"\xff\xfe{\x00}\x00",
            b'{"key": "a", "key": "b"}',
        ]
        for body in bodies:
            with self.subTest(body=body[:20]):
                self.assertEqual(self._post(body).status_code, 400)

    def test_addresses_that_are_none(self):
        with mute_logger("odoo.http"):
            for source in (0, TOO_LARGE, 10**30):
                with self.subTest(source=source):
                    answer = self._post(self._message(), source=type("Source", (), {"id": source}))
                    self.assertEqual(answer.status_code, 401)
                    self.env.registry._login_failures.clear()
        for text in ("%00", "%ff", "%ed%a0%80", "x" * 5_000):
            with self.subTest(text=text[:20]):
                state = self.url_open(
                    f"/subscription_billing/renewals/1/{self.source.id}/state?renewal={text}",
                    headers={"Authorization": f"Bearer {self.key}"},
                )
                self.assertEqual(state.status_code, 404)
        for header in ("\x7f", "é".encode().decode("latin-1"), "x" * 5_000):
            message = self._message()
            del message["key"]
            with self.subTest(header=header[:20]):
                self.assertIn(self._post(message, **{"Idempotency-Key": header}).status_code, (202, 400, 409))


@tagged("post_install", "-at_install")
class TestPortalAttacked(PortalCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate("portal_dorthe", PASSWORD)

    def _ask(self, **values):
        values["csrf_token"] = http.Request.csrf_token(self)
        url = f"/my/subscriptions/{self.mine.id}/request"
        return self.url_open(url, data=values, allow_redirects=False)

    def test_numbers_beyond_the_database(self):
        with mute_logger("odoo.http"):
            for number in (0, TOO_LARGE, 10**30):
                for path in (
                    f"{number}",
                    f"{number}/requests/1/withdraw",
                    f"{self.mine.id}/requests/{number}/withdraw",
                ):
                    with self.subTest(path=path):
                        values = {"csrf_token": http.Request.csrf_token(self)} if "withdraw" in path else None
                        answer = self.url_open(f"/my/subscriptions/{path}", data=values)
                        self.assertEqual(answer.status_code, 404)
            for page in (0, TOO_LARGE, 10**30):
                with self.subTest(page=page):
                    self.assertEqual(self.url_open(f"/my/subscriptions/page/{page}").status_code, 200)

    def test_days_and_notes_nobody_means(self):
        for day in ("0001-01-01", "9999-12-31", "2027-02-30", "\x00", "x" * 70_000):
            for values in (
                {"kind": "end", "date_end": day},
                {"kind": "pause", "date_from": day},
                {"kind": "pause", "date_from": str(self.today), "date_to": day},
            ):
                with self.subTest(day=day[:12], kind=values["kind"]):
                    answer = self._ask(**values)
                    self.assertIn(answer.status_code, (200, 303), answer.text[:300])
                    self.env.invalidate_all()
                    self.mine.request_ids.filtered(lambda each: each.state == "new")._withdraw()
        for number, note in enumerate(ODD_TEXTS):
            if note == "\ud800":
                continue  # no browser can send it
            with self.subTest(note=number):
                answer = self._ask(kind="end", date_end=str(self.mine.earliest_end), note=note)
                self.assertIn(answer.status_code, (200, 303), answer.text[:300])
                page = self.url_open(f"/my/subscriptions/{self.mine.id}").text
                self.assertNotIn("<script>alert(1)", page)
                self.env.invalidate_all()
                self.mine.request_ids.filtered(lambda each: each.state == "new")._withdraw()

    def test_no_method_of_a_button_over_rpc(self):
        subscription = self.mine
        calls = [
            ("subscription.subscription", "action_pause", [subscription.ids]),
            ("subscription.subscription", "read", [subscription.ids, ["name"]]),
            ("subscription.subscription", "action_close", [subscription.ids]),
            ("subscription.request", "action_approve", [[1]]),
            ("subscription.billing.run", "create", [{}]),
        ]
        with mute_logger("odoo.http"):
            for model, method, args in calls:
                with self.subTest(model=model, method=method):
                    params = {"model": model, "method": method, "args": args, "kwargs": {}}
                    answer = self.url_open(
                        f"/web/dataset/call_kw/{model}/{method}",
                        data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}),
                        headers={"Content-Type": "application/json"},
                    ).json()
                    self.assertIn("error", answer)
