{
    "name": "Ledger Bridge with Deposits",
    "summary": "Deposit invoices in the outside ledger, payment requests never",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["ledger_bridge", "invoice_prepayment"],
    "data": ["views/prepayment_policy_views.xml", "views/transfer_connection_views.xml"],
    "auto_install": True,
}
