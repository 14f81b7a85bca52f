{
    "name": "Ledger Bridge for Paymatch",
    "summary": "Approved payouts as vouchers in the outside ledger",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["ledger_bridge", "paymatch"],
    "data": [],
    "installable": True,
    "auto_install": True,
}
