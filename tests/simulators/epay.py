"""ePay's SOAP service: transactions by number and by date. The description of the service is written by ourselves.

Plain Python without Odoo or pytest. Faults: the common ones, HTTP 500, HTML, and an address of another host in the
description.
"""

from datetime import datetime
from xml.sax.saxutils import escape

from lxml import etree

from .server import ApiError, Simulator

SPACE = "https://ssl.ditonlinebetalingssystem.dk/remote/payment"
SOAP_BINDING = "http://schemas.xmlsoap.org/wsdl/soap/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
FIELDS = (
    ("authamount", "int"), ("currency", "int"), ("cardtypeid", "int"),
    ("capturedamount", "int"), ("creditedamount", "int"),
    ("authdate", "dateTime"), ("captureddate", "dateTime"), ("status", "string"), ("transactionid", "long"),
    ("orderid", "string"), ("description", "string"), ("tcardno", "string"),
)  # fmt: skip
UNKNOWN, WRONG_PASSWORD = -1, -1002


def _elements(fields):
    return "".join(f'<s:element minOccurs="0" maxOccurs="1" name="{name}" type="{kind}"/>' for name, kind in fields)


def _operation(name, asked, told):
    return (
        f'<s:element name="{name}"><s:complexType><s:sequence>{_elements(asked)}</s:sequence></s:complexType>'
        "</s:element>"
        f'<s:element name="{name}Response"><s:complexType><s:sequence>{_elements(told)}</s:sequence></s:complexType>'
        "</s:element>"
    )


OPERATIONS = {
    "gettransaction": (
        (("merchantnumber", "s:int"), ("transactionid", "s:long"), ("epayresponse", "s:int"), ("pwd", "s:string")),
        (
            ("gettransactionResult", "s:boolean"),
            ("transactionInformation", "t:TransactionInformationType"),
            ("epayresponse", "s:int"),
        ),
    ),
    "gettransactionlist": (
        (
            ("merchantnumber", "s:int"), ("searchgroup", "s:string"), ("searchorderid", "s:string"),
            ("searchdatestart", "s:dateTime"), ("searchdateend", "s:dateTime"), ("pwd", "s:string"),
            ("epayresponse", "s:int"),
        ),
        (
            ("gettransactionlistResult", "s:boolean"),
            ("transactionInformationAry", "t:ArrayOfTransactionInformationType"),
            ("epayresponse", "s:int"),
        ),
    ),
}  # fmt: skip


def description(address, operations=tuple(OPERATIONS)):
    """The service's description (WSDL 1.1)."""
    types = "".join(_operation(name, *OPERATIONS[name]) for name in operations)
    row = _elements([(name, f"s:{kind}") for name, kind in FIELDS])
    messages = "".join(
        f'<message name="{name}In"><part name="parameters" element="t:{name}"/></message>'
        f'<message name="{name}Out"><part name="parameters" element="t:{name}Response"/></message>'
        for name in operations
    )
    port = "".join(
        f'<operation name="{name}"><input message="t:{name}In"/><output message="t:{name}Out"/></operation>'
        for name in operations
    )
    bound = "".join(
        f'<operation name="{name}"><soap:operation soapAction="{SPACE}/{name}" style="document"/>'
        '<input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>'
        for name in operations
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><definitions xmlns="http://schemas.xmlsoap.org/wsdl/" '
        f'xmlns:soap="{SOAP_BINDING}" xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns:t="{SPACE}" '
        f'targetNamespace="{SPACE}"><types><s:schema elementFormDefault="qualified" targetNamespace="{SPACE}">{types}'
        f'<s:complexType name="TransactionInformationType"><s:sequence>{row}</s:sequence></s:complexType>'
        '<s:complexType name="ArrayOfTransactionInformationType"><s:sequence><s:element minOccurs="0" '
        'maxOccurs="unbounded" name="TransactionInformationType" nillable="true" type="t:TransactionInformationType"/>'
        "</s:sequence></s:complexType>"
        f'</s:schema></types>{messages}<portType name="PaymentSoap">{port}</portType>'
        f'<binding name="PaymentSoap" type="t:PaymentSoap"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>'
        f'{bound}</binding><service name="Payment"><port name="PaymentSoap" binding="t:PaymentSoap">'
        f'<soap:address location="{address}"/></port></service></definitions>'
    ).encode()


class EpaySimulator(Simulator):
    FAULTS = (
        "500", "html", "timeout_before", "timeout_after", "half_closed", "malformed", "slow", "entities",
    )  # fmt: skip
    LATE = 0.2

    def __init__(self):
        super().__init__()
        self.merchant, self.password = "1234567", "hemmelig-proeve"
        self.transactions, self.operations = {}, tuple(OPERATIONS)
        self.address = ""
        self.asked = []

    def pay(self, number, order, amount, *, day="2026-03-10", currency=208, card="457199XXXXXX4242", captured=None):
        """A payment; ``amount`` in minor units."""
        self.transactions[number] = {
            "authamount": amount, "currency": currency, "cardtypeid": 1,
            "capturedamount": amount if captured is None else captured, "creditedamount": 0,
            "authdate": f"{day}T10:00:00", "captureddate": f"{day}T12:00:00", "status": "PAYMENT_CAPTURED",
            "transactionid": number, "orderid": order, "description": "", "tcardno": card,
        }  # fmt: skip

    def answer(self, method, path, query, raw, headers):
        fault = self.take_fault("500", "html", "entities")
        if fault and fault.kind == "500":
            return 500, "Server Error", {}
        if fault and fault.kind == "html":
            return 200, "<html>maintenance</html>", {}
        if path != "/remote/payment.asmx":
            raise ApiError(404, {"message": "Not found"})
        if method == "GET":
            return 200, description(self.address or f"{self.base_url}{path}", self.operations), {}
        if fault:
            body = b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>"
            return 200, body, {}
        envelope = etree.fromstring(raw)
        call = envelope.find(f"{{{SOAP}}}Body")[0]
        name = etree.QName(call).localname
        arguments = {etree.QName(item).localname: item.text or "" for item in call}
        self.asked.append((name, arguments))
        return 200, self._answer(name, arguments), {}

    def _answer(self, name, arguments):
        if arguments.get("merchantnumber") != self.merchant or arguments.get("pwd") != self.password:
            return self._wrap(name, f"<{name}Result>false</{name}Result><epayresponse>{WRONG_PASSWORD}</epayresponse>")
        if name == "gettransaction":
            found = self.transactions.get(int(arguments["transactionid"]))
            if not found:
                return self._wrap(name, f"<{name}Result>false</{name}Result><epayresponse>{UNKNOWN}</epayresponse>")
            inner = f"<transactionInformation>{self._row(found)}</transactionInformation>"
        else:
            first, last = (datetime.fromisoformat(arguments[key]) for key in ("searchdatestart", "searchdateend"))
            rows = [
                one for one in self.transactions.values() if first <= datetime.fromisoformat(one["authdate"]) < last
            ]
            inner = "".join(
                f"<TransactionInformationType>{self._row(one)}</TransactionInformationType>" for one in rows
            )
            inner = f"<transactionInformationAry>{inner}</transactionInformationAry>"
        return self._wrap(name, f"<{name}Result>true</{name}Result>{inner}<epayresponse>-1</epayresponse>")

    @staticmethod
    def _row(values):
        return "".join(f"<{name}>{escape(str(values[name]))}</{name}>" for name, _kind in FIELDS if name in values)

    @staticmethod
    def _wrap(name, inner):
        return (
            f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}"><soap:Body>'
            f'<{name}Response xmlns="{SPACE}">{inner}</{name}Response></soap:Body></soap:Envelope>'
        ).encode()
