{
    "name": "Ledger Bridge",
    "summary": "Keep an outside accounting system in step with Odoo",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["transfer_log", "account"],
    "data": [],
    "installable": True,
}
