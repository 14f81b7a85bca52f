"""What a person sees who opens the address of a simulator in a browser: how to connect, the books, faults to try."""

import html
from urllib.parse import parse_qs

PAGE = """<!doctype html><html lang="da"><meta charset="utf-8"><title>{title}</title>
<body style="font-family: sans-serif; max-width: 60rem; margin: 2rem auto">
<h1>{title}</h1>{how}
<h2>Prøv en fejl</h2><form method="post" action="/fault">
<select name="kind">{faults}</select> de næste <input name="times" value="1" size="3"> kald
<button>Sæt</button> {planned}</form>
<h2>Bogført her</h2><table border="1" cellpadding="4" style="border-collapse: collapse">
<tr><th>Nummer</th><th>Kunde</th><th>Status</th><th>I alt</th><th>Betal</th></tr>{rows}</table>
</body></html>"""
PAY = """<form method="post" action="/pay"><input type="hidden" name="id" value="{id}">
<input name="amount" size="8" value="{amount}"><button>Betal</button></form>"""


def page(title, how, simulator, invoices):
    """:param invoices: ``(id, number, customer, status, total)`` of each"""
    items = "".join(f"<li>{html.escape(line)}</li>" for line in how)
    faults = "".join(
        f'<option value="{name}">{name}: {html.escape(text)}</option>' for name, text in simulator.FAULTS.items()
    )
    planned = ", ".join(f"{fault.kind} ({fault.times})" for fault in simulator.faults if fault.times)
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{html.escape(str(value))}</td>" for value in (number, customer, status, total))
        + f"<td>{PAY.format(id=html.escape(str(one)), amount=total)}</td></tr>"
        for one, number, customer, status, total in invoices
    )
    return PAGE.format(title=title, how=f"<ul>{items}</ul>", faults=faults, planned=planned, rows=rows)


class ByHand:
    """Mixin: the page and its two forms. ``pay(id, amount)`` is the simulator's own."""

    def by_hand(self, method, path, raw):
        """-> (status, body, headers)"""
        form = {name: values[-1] for name, values in parse_qs(raw.decode()).items()} if raw else {}
        if method == "GET" and path == "/":
            return 200, self.page(), {}
        if method == "POST" and path == "/fault" and form.get("kind") in self.FAULTS:
            times = form.get("times", "1")
            self.fault(form["kind"], times=int(times) if times.isdigit() else 1)
            return 303, None, {"Location": "/"}
        if method == "POST" and path == "/pay":
            self.pay(form["id"], form["amount"].replace(",", "."))
            return 303, None, {"Location": "/"}
        return 404, {"message": "Not found"}, {}


class DineroPage(ByHand):
    def page(self):
        how = (
            f"Klient-id {self.client_id}, klienthemmelighed {self.client_secret}",
            f"API-nøgle til personlig integration: {self.api_key}",
            f"Systemparametre i Odoo: dinero_connector.api_url, dinero_connector.connect_url og "
            f"dinero_connector.authz_url = {self.base_url}, dinero_connector.test_server = 1",
            "Opret en forbindelse af typen Dinero, skriv id og hemmelighed, og tryk Tilslut.",
        )
        contacts = self.organisation.contacts
        rows = [
            (
                guid,
                one["Number"],
                (contacts.get(one["ContactGuid"]) or {}).get("Name") or "",
                one["Status"],
                one["TotalInclVat"],
            )
            for guid, one in self.organisation.invoices.items()
        ]
        return page("Dinero (prøve)", how, self, rows)


class EconomicPage(ByHand):
    def page(self):
        how = (
            f"App Secret Token {self.app_secret}, Agreement Grant Token {self.grant_token}",
            f"Systemparametre i Odoo: economic_connector.api_url = {self.base_url}, economic_connector.test_server = 1",
            "Opret en forbindelse af typen e-conomic, skriv de to tokens, og tryk Afprøv forbindelse.",
        )
        rows = [
            (number, number, one["recipient"].get("name") or "", one["remainder"], one["grossAmount"])
            for number, one in self.booked_invoices.items()
        ]
        return page("e-conomic (prøve)", how, self, rows)
