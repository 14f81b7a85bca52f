"""ePay's SOAP service ``payment.asmx``: which order a transaction number belongs to. Plain Python, by zeep.

Nothing is changed over there: ``gettransaction`` for one number, ``gettransactionlist`` for some days. Operations and
the fields of a transaction are documented (a description of the service of 2015); what the list is asked for is taken
from the service's own description when it is read. No payout and no fee of the acquirer are told: it is a bridge.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from urllib.parse import urlsplit

import requests
import zeep
from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.transports import Transport
from zeep.wsdl.bindings import Soap11Binding

from odoo.addons.paymatch.api.base import FetchError, from_response, unreadable
from odoo.addons.transfer_log.http import Http

HOST = "https://ssl.ditonlinebetalingssystem.dk"
DOMAINS = ("ditonlinebetalingssystem.dk", "epay.dk", "epay.eu")
PATH = "/remote/payment.asmx"
MAX_NUMBER = 10**18
#: What the service may say of a list, by the names it gives its arguments.
LIST_ARGUMENTS = {
    "merchantnumber": lambda epay, first, last: int(epay.merchant),
    "searchdatestart": lambda epay, first, last: datetime.combine(first, time.min),
    "searchdateend": lambda epay, first, last: datetime.combine(last + timedelta(days=1), time.min),
    "searchgroup": lambda epay, first, last: "",
    "searchorderid": lambda epay, first, last: "",
    "pwd": lambda epay, first, last: epay.password,
    "epayresponse": lambda epay, first, last: -1,
}


@dataclass(frozen=True)
class Transaction:
    """A payment as ePay knows it. Amounts are minor units of ``currency``, a numeric code of ISO 4217."""

    number: int
    order: str
    currency: int
    authorised: int = 0
    captured: int = 0
    credited: int = 0
    day: date | None = None
    card_digits: str = ""
    status: str = ""


class _Transport(Transport):
    """zeep's way out: limits of time and size, no redirects, nothing but the service's own host."""

    def __init__(self, http, host):
        super().__init__(session=requests.Session())
        self.http, self.host = http, host

    def load(self, url):
        return self.http.fetch("GET", self._own(url))

    def post(self, address, message, headers):
        response = requests.Response()
        response.status_code = 200
        response._content = self.http.fetch("POST", self._own(address), data=message, headers=headers)
        response.headers["Content-Type"] = "text/xml; charset=utf-8"
        return response

    def post_xml(self, address, envelope, headers):
        return self.post(address, etree.tostring(envelope, xml_declaration=True, encoding="utf-8"), headers)

    def _own(self, url):
        if urlsplit(url)[:2] != urlsplit(self.host)[:2]:
            raise FetchError("no_answer", "the description of the service leads to another host")
        return url


class Epay:
    """:param str merchant: the merchant number, digits
    :param str password: the password of the service, empty where none is set over there
    """

    name = "ePay"

    def __init__(self, merchant: str, password: str, *, url: str = HOST, session=None, sleep=None):
        self.merchant, self.password, self.url = merchant, password, url.rstrip("/")
        self.http = Http(FetchError, from_response, session=session, sleep=sleep)

    def transaction(self, number: int) -> Transaction:
        """One transaction.

        :raises FetchError: ``not_found`` where ePay does not know it, ``authorisation`` where it does not let us in
        """
        if not 0 < number < MAX_NUMBER:
            raise FetchError("not_found", f"{number} is no number of a transaction")
        answer = self._call(
            "gettransaction",
            merchantnumber=int(self.merchant),
            transactionid=number,
            epayresponse=-1,
            pwd=self.password,
        )
        if not answer.gettransactionResult:
            raise self._refused(answer.epayresponse)
        found = _transaction(answer.transactionInformation)
        if found is None or found.number != number:
            raise unreadable("The transaction")
        return found

    def transactions(self, first: date, last: date) -> list[Transaction]:
        """The transactions of some days, both included, by number."""
        names = self._arguments("gettransactionlist")
        known = {name: make(self, first, last) for name, make in LIST_ARGUMENTS.items() if name in names}
        if "searchdatestart" not in known or "merchantnumber" not in known:
            raise FetchError("validation", "the service has no list of transactions by date")
        answer = self._call("gettransactionlist", **known)
        if not answer.gettransactionlistResult:
            raise self._refused(answer.epayresponse)
        rows = answer.transactionInformationAry
        rows = getattr(rows, "TransactionInformationType", rows) or []
        found = [_transaction(row) for row in rows]
        if None in found:
            raise unreadable("The list of transactions")
        return sorted(found, key=lambda one: one.number)

    # How it is asked

    @cached_property
    def _client(self):
        return self.http.repeated(lambda: self._guarded(self._read_description), is_read=True)

    def _read_description(self):
        # strict: an answer that was cut off is no shorter list
        settings = zeep.Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        client = zeep.Client(f"{self.url}{PATH}?WSDL", transport=_Transport(self.http, self.url), settings=settings)
        if not client.wsdl.bindings:
            raise unreadable("The description of the service")
        return client

    @cached_property
    def _service(self):
        # at our own address: the one written in the description may be any
        for name, binding in self._client.wsdl.bindings.items():
            if isinstance(binding, Soap11Binding) and "gettransaction" in binding._operations:
                return self._client.create_service(name, f"{self.url}{PATH}")
        raise FetchError("validation", "the service does not offer gettransaction")

    def _arguments(self, operation):
        found = self._service._binding._operations.get(operation)
        if found is None:
            raise FetchError("validation", f"the service does not offer {operation}")
        return {name for name, _element in found.input.body.type.elements}

    def _call(self, operation, **arguments):
        """One read, repeated on passing faults."""
        call = getattr(self._service, operation)
        return self.http.repeated(lambda: self._guarded(lambda: call(**arguments)), is_read=True)

    @staticmethod
    def _guarded(call):
        try:
            return call()
        except FetchError:
            raise
        except (ZeepError, etree.XMLSyntaxError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise FetchError("no_answer", f"The answer cannot be read: {str(error)[:300]}") from error

    def _refused(self, code):
        """ePay says no with a number. Those below -1000 are about merchant number, password and rights."""
        if not isinstance(code, int):
            return unreadable("The answer")
        if code <= -1000:
            return FetchError("authorisation", f"ePay's answer {code}")
        return FetchError("not_found", f"ePay's answer {code}")


def _transaction(row):
    """A transaction of the answer; None where it is not one."""
    try:
        number, currency = int(row.transactionid), int(row.currency)
        amounts = [int(getattr(row, name) or 0) for name in ("authamount", "capturedamount", "creditedamount")]
    except (AttributeError, TypeError, ValueError):
        return None
    when = next((getattr(row, name, None) for name in ("captureddate", "authdate") if getattr(row, name, None)), None)
    day = when.date() if isinstance(when, datetime) else when
    digits = "".join(char for char in str(getattr(row, "tcardno", None) or "") if char.isdigit())
    return Transaction(
        number=number,
        order=str(getattr(row, "orderid", None) or "").strip(),
        currency=currency,
        authorised=amounts[0],
        captured=amounts[1],
        credited=amounts[2],
        day=day if isinstance(day, date) and day.year > 1900 else None,
        card_digits=digits[-4:] if len(digits) >= 4 else "",
        status=str(getattr(row, "status", None) or ""),
    )
