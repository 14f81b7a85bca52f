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
DANISH = ("71", "73", "75", "04")
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
