"""Kinds of payment reference and what each of them is made of."""

CARD_TYPES = [
    ("71", "Denmark: payment slip 71 (payment ID)"),
    ("75", "Denmark: payment slip 75 (payment ID and message)"),
    ("73", "Denmark: payment slip 73 (message only)"),
    ("04", "Denmark: giro slip 04 (payment ID)"),
    ("kid10", "Norway: KID, modulus 10"),
    ("kid11", "Norway: KID, modulus 11"),
    ("ocr", "Sweden: OCR reference"),
    ("viite", "Finland: reference number (viitenumero)"),
    ("rf", "Creditor reference (RF, ISO 11649)"),
]
OCR_LEVELS = [
    ("1", "1: soft, check digit expected"),
    ("2", "2: hard, check digit"),
    ("3", "3: hard, length digit and check digit"),
    ("4", "4: hard, agreed length and check digit"),
]
LAYOUTS = [
    ("fixed customer number", "Fixed digits, customer number, running or invoice number"),
    ("fixed number customer", "Fixed digits, running or invoice number, customer number"),
    ("customer fixed number", "Customer number, fixed digits, running or invoice number"),
    ("customer number fixed", "Customer number, running or invoice number, fixed digits"),
    ("number fixed customer", "Running or invoice number, fixed digits, customer number"),
    ("number customer fixed", "Running or invoice number, customer number, fixed digits"),
]
CREDIT_NOTE_RULES = [
    ("none", "No reference"),
    ("own", "A payment ID of its own"),
    ("invoice", "The reference of the invoice it credits"),
]
DANISH = ("71", "73", "75", "04")
#: Countries whose banks know the Danish slips.
DANISH_REALM = ("DK", "FO", "GL")
NORWEGIAN = ("kid10", "kid11")
#: Kinds whose payload has room for a layout.
WITH_LAYOUT = ("kid10", "kid11", "ocr", "viite", "rf")
#: Currency a kind is tied to by its payment system; RF is used with every currency.
CURRENCIES = {
    "71": "DKK",
    "73": "DKK",
    "75": "DKK",
    "04": "DKK",
    "kid10": "NOK",
    "kid11": "NOK",
    "ocr": "SEK",
    "viite": "EUR",
}
#: Fields of an invoice that say what the payer was told: never written by hand.
PROOF_FIELDS = (
    "payment_reference_agreement_id",
    "payment_card_type",
    "payment_id_number",
    "payment_creditor_number",
)
