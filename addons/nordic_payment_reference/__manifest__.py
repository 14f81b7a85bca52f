{
    "name": "Nordic Payment References",
    "summary": "Payment references banks accept: FI 71/73/75/04, KID, OCR, viitenumero, RF",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Localizations",
    "depends": ["account"],
    "external_dependencies": {"python": ["python-stdnum"]},
    "data": [
        "security/ir.model.access.csv",
        "security/ir_rules.xml",
        "views/payment_reference_agreement_views.xml",
        "views/account_move_views.xml",
        "views/report_invoice.xml",
        "views/nordic_payment_reference_menus.xml",
    ],
}
