{
    "name": "Nordic Payment References",
    "summary": "Payment references banks accept: FI 71/73/75/04, KID, OCR, viitenumero, RF",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Localizations",
    "depends": ["account"],
    "data": [],
    "installable": True,
}
