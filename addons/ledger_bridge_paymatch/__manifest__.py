{
    "name": "Ledger Bridge for Paymatch",
    "summary": "Approved payouts as vouchers in the outside ledger",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["ledger_bridge", "paymatch"],
    "data": ["views/paymatch_report_views.xml"],
    "auto_install": True,
}
