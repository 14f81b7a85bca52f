"""Answers to an invoice: Peppol Invoice Response (T111), OIOUBL ApplicationResponse, message level response.

The codes are those of T111 (AB received, IP in process, UQ under query, CA conditionally accepted, RE rejected, AP
accepted, PD paid); OIOUBL knows BusinessAccept and BusinessReject, a message level response AP, AB and RE.
"""

import uuid
from dataclasses import dataclass, field
from datetime import date

from lxml import etree

from . import codes, oioubl
from . import records as r
from .reader import _Node, _Reader, identify
from .xml import Writer, local_name

NS_RESPONSE = "urn:oasis:names:specification:ubl:schema:xsd:ApplicationResponse-2"
T111 = "urn:fdc:peppol.eu:poacc:trns:invoice_response:3"
T111_PROFILE = "urn:fdc:peppol.eu:poacc:bis:invoice_response:3"
MLR = "urn:fdc:peppol.eu:poacc:trns:mlr:3"
OIOUBL_PROFILE = "Procurement-BilSimR-1.0"
REASON_LIST = "OPStatusReason"

CODES = ("AB", "IP", "UQ", "CA", "RE", "AP", "PD")
ACCEPTING = ("AP", "CA", "PD")
_OIOUBL_CODES = {"AP": "BusinessAccept", "RE": "BusinessReject"}
_OF_OIOUBL = {
    "BusinessAccept": "AP",
    "BusinessReject": "RE",
    "TechnicalAccept": "AB",
    "TechnicalReject": "RE",
    "ProfileReject": "RE",
}
# Why a response is not plain acceptance (list OPStatusReason)
REASONS = ("NON", "REF", "LEG", "REC", "QUA", "DEL", "PRI", "QTY", "ITM", "PAY", "UNR", "FIN", "PPD", "OTH")


@dataclass(frozen=True)
class Response:
    dialect: str  # t111, oioubl, mlr, other
    number: str
    issue_date: date | None
    code: str
    sender: r.Party
    receiver: r.Party
    reasons: tuple[tuple[str, str], ...] = field(default_factory=tuple)  # (list, code)
    text: str = ""
    document_number: str = ""
    document_uuid: str = ""
    document_date: date | None = None
    document_type: str = ""


def can_say(fmt, code):
    """Whether an answer with this code exists for documents of this dialect."""
    return code in _OIOUBL_CODES if fmt == codes.OIOUBL else code in CODES


def write(invoice, code, number, issue_date, reasons=(), text=""):
    """The answer to a received ``records.Invoice``, in the dialect it came in.

    :param code: of ``CODES``; OIOUBL knows AP and RE
    :param reasons: codes of ``REASONS``
    :raises EInvoiceError: the dialect has no such answer, or a refusal gives no reason
    """
    if not can_say(invoice.dialect, code):
        raise r.EInvoiceError(f"This kind of document cannot be answered with {code}.", "code")
    if code in ("RE", "UQ", "CA") and not (reasons or text):
        raise r.EInvoiceError("The answer needs a reason.", "reason")
    write_one = _write_oioubl if invoice.dialect == codes.OIOUBL else _write_t111
    return write_one(invoice, code, number, issue_date, reasons, text)


def _root():
    nsmap = {None: NS_RESPONSE, "cac": codes.NS_CAC, "cbc": codes.NS_CBC}
    return Writer(etree.Element(f"{{{NS_RESPONSE}}}ApplicationResponse", nsmap=nsmap))


def _write_t111(invoice, code, number, issue_date, reasons, text):
    doc = _root()
    doc.cbc("CustomizationID", T111)
    doc.cbc("ProfileID", T111_PROFILE)
    doc.cbc("ID", number)
    doc.cbc("IssueDate", issue_date.isoformat())
    for name, party in (("SenderParty", invoice.customer), ("ReceiverParty", invoice.supplier)):
        if not (party.endpoint and party.endpoint.scheme):
            raise r.EInvoiceError("Both parties need an electronic address to be answered.", name)
        node = doc.cac(name)
        node.cbc("EndpointID", party.endpoint.value, schemeID=party.endpoint.scheme)
        node.cac("PartyLegalEntity").cbc("RegistrationName", party.registration_name or party.name)
    answer = doc.cac("DocumentResponse")
    response = answer.cac("Response")
    response.cbc("ResponseCode", code)
    response.cbc("EffectiveDate", issue_date.isoformat())
    for number_, reason in enumerate(reasons or (("OTH",) if text else ())):
        status = response.cac("Status")
        status.cbc("StatusReasonCode", reason, listID=REASON_LIST)
        if number_ == 0:
            status.cbc("StatusReason", text)
    reference = answer.cac("DocumentReference")
    reference.cbc("ID", invoice.number)
    reference.cbc("IssueDate", invoice.issue_date.isoformat())
    reference.cbc("DocumentTypeCode", invoice.type_code or ("381" if invoice.is_credit_note else "380"))
    return doc.tobytes()


def _write_oioubl(invoice, code, number, issue_date, reasons, text):
    agency = codes.OIOUBL_AGENCY
    doc = _root()
    doc.cbc("UBLVersionID", "2.1")
    doc.cbc("CustomizationID", codes.OIOUBL_CUSTOMIZATION)
    doc.cbc("ProfileID", OIOUBL_PROFILE, schemeAgencyID=agency, schemeID=codes.OIOUBL_PROFILE_SCHEME)
    doc.cbc("ID", number)
    doc.cbc("UUID", str(uuid.uuid5(uuid.NAMESPACE_URL, f"{invoice.uuid}|{invoice.number}|{number}")))
    doc.cbc("IssueDate", issue_date.isoformat())
    parties = oioubl.OioublDocument(invoice)
    parties.party(doc.cac("SenderParty"), invoice.customer, is_supplier=True)
    parties.party(doc.cac("ReceiverParty"), invoice.supplier, is_supplier=True)
    answer = doc.cac("DocumentResponse")
    response = answer.cac("Response")
    response.cbc("ReferenceID", "1")
    response.cbc(
        "ResponseCode", _OIOUBL_CODES[code], listAgencyID=agency, listID="urn:oioubl:codelist:responsecode-1.1"
    )
    response.cbc("Description", "; ".join(filter(None, (*reasons, text))))
    reference = answer.cac("DocumentReference")
    reference.cbc("ID", invoice.number)
    reference.cbc("UUID", invoice.uuid)
    reference.cbc("IssueDate", invoice.issue_date.isoformat())
    reference.cbc(
        "DocumentTypeCode",
        "CreditNote" if invoice.is_credit_note else "Invoice",
        listAgencyID=agency,
        listID="urn:oioubl:codelist:responsedocumenttypecode-1.2",
    )
    return doc.tobytes()


def is_response(root):
    return identify(root)[0] == "ApplicationResponse"


def read(root):
    """A received answer.

    :raises EInvoiceError: it is none, or it answers nothing
    """
    name, dialect = identify(root)
    if name != "ApplicationResponse" or local_name(root) != name:
        raise r.EInvoiceError("The file is no answer to a document.", code="other_type", name=local_name(root))
    node = _Node(root)
    answer = node.first("DocumentResponse")
    code = answer.text("Response/ResponseCode") if answer else ""
    if not code:
        line = root.sourceline
        raise r.EInvoiceError(
            "The element ResponseCode is missing.", "ResponseCode", line, code="missing", name="ResponseCode"
        )
    customization = node.text("CustomizationID")
    kind = "oioubl" if dialect == codes.OIOUBL else {T111: "t111", MLR: "mlr"}.get(customization, "other")
    parties = _Reader(root, name, dialect)
    statuses = answer.all("Response/Status")
    found = [(status.first("StatusReasonCode"), status.text("StatusReason")) for status in statuses]
    texts = [text for _code, text in found if text]
    texts += [each.text() for each in answer.all("Response/Description") if each.text()]
    texts += [each.text() for each in answer.all("LineResponse/Response/Description") if each.text()]
    return Response(
        dialect=kind,
        number=node.text("ID"),
        issue_date=node.date("IssueDate"),
        code=_OF_OIOUBL.get(code, code),
        sender=parties.party("SenderParty"),
        receiver=parties.party("ReceiverParty"),
        reasons=tuple((each.attribute("listID"), each.text()) for each, _text in found if each),
        text="; ".join(texts),
        document_number=answer.text("DocumentReference/ID"),
        document_uuid=answer.text("DocumentReference/UUID"),
        document_date=answer.date("DocumentReference/IssueDate"),
        document_type=answer.text("DocumentReference/DocumentTypeCode"),
    )
