"""OIOUBL: ApplicationResponse, the answer to an invoice (section 13)."""

from . import lists_oioubl as lists
from .oioubl import (
    OIOUBL,
    RESPONSE,
    absent,
    at_most_one,
    attribute_in,
    characters,
    filled,
    not_both,
    value_in,
)

_RESPONSE = "DocumentResponse/Response"
_REFERENCE = "DocumentResponse/DocumentReference"
_CODE = f"{_RESPONSE}/ResponseCode"
_LINE = "DocumentResponse/LineResponse"
_CODE_LIST = "urn:oioubl:codelist:responsecode-1.1"
_TYPE_LIST = "urn:oioubl:codelist:responsedocumenttypecode-1."
_CODES = ("TechnicalReject", "TechnicalAccept", "ProfileReject", "BusinessReject", "BusinessAccept")
_MIME = ("image/tiff", "image/png", "image/jpeg", "image/gif", "application/pdf", "text/xml")


def _codes(root):
    return {code.raw for code in root.all(_CODE)}


@OIOUBL.rule("F-APR004", ".")
def profile_none(root, document):
    return root.raw_at("ProfileID") == "NONE" and _codes(root).isdisjoint(("TechnicalReject", "ProfileReject"))


_TECHNICAL = "Procurement-TecRes-1.0"


@OIOUBL.rule("F-APR057", ".", text="F-APR057")
def technical_profile(root, document):
    return root.raw_at("ProfileID") == _TECHNICAL and "TechnicalAccept" not in _codes(root)


@OIOUBL.rule("F-APR058", ".", text="F-APR057")
def technical_code(root, document):
    return "TechnicalAccept" in _codes(root) and root.raw_at("ProfileID") != _TECHNICAL


at_most_one(".", "F-APR054", "DocumentResponse", only=RESPONSE)
filled(_RESPONSE, "F-APR015 F-APR016", "ResponseCode ReferenceID")
attribute_in(_CODE, "F-APR017", "listID", _CODE_LIST)


@OIOUBL.rule("F-APR018", _CODE)
def response_code(code, document):
    return (code.get("listID") != _CODE_LIST or code.raw not in _CODES) and {"value": code.text}


absent(_REFERENCE, "F-APR021", "DocumentType")
filled(_REFERENCE, "F-APR024 F-APR025", "DocumentTypeCode ID")
characters(f"{_REFERENCE}/UUID", "F-APR026", 36)
_TYPE = f"{_REFERENCE}/DocumentTypeCode"
attribute_in(_TYPE, "W-APR027", "listID", [f"{_TYPE_LIST}1", f"{_TYPE_LIST}2"])
attribute_in(_TYPE, "W-APR043", "listAgencyID", "320")
value_in(_TYPE, "F-APR028", lists.RESPONSE_DOCUMENTS, condition=lambda n: n.get("listID") == f"{_TYPE_LIST}1")
value_in(
    _TYPE,
    "F-APR055",
    lists.RESPONSE_DOCUMENTS | {"UtilityStatement"},
    condition=lambda n: n.get("listID") == f"{_TYPE_LIST}2",
)


@OIOUBL.rule("F-APR053", _REFERENCE)
def order_answer(reference, document):
    return reference.raw_at("DocumentTypeCode") == "Order" and not _codes(document.root).isdisjoint(
        ("BusinessAccept", "BusinessReject")
    )


_FILE = f"{_REFERENCE}/Attachment"
attribute_in(f"{_FILE}/EmbeddedDocumentBinaryObject", "F-APR044", "mimeCode", _MIME)
not_both(_FILE, "F-APR045", "EmbeddedDocumentBinaryObject", "ExternalReference")
filled(f"{_FILE}/ExternalReference", "F-APR046", "URI")

at_most_one(_LINE, "F-APR051", "Response")
absent(f"{_LINE}/LineReference", "F-APR029", "DocumentReference")
filled(f"{_LINE}/LineReference", "F-APR030", "LineID")
characters(f"{_LINE}/LineReference/UUID", "F-APR031", 36)
filled(f"{_LINE}/Response", "F-APR032 F-APR033", "ResponseCode ReferenceID")
_LINE_CODE = f"{_LINE}/Response/ResponseCode"
attribute_in(_LINE_CODE, "W-APR034", "listID", "urn:oioubl:codelist:lineresponsecode-1.1")
attribute_in(_LINE_CODE, "W-APR052", "listAgencyID", "320")
value_in(_LINE_CODE, "F-APR035", ["BusinessReject", "BusinessAccept"])
