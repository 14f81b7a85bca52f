{
    "name": "Dinero Connector",
    "summary": "Push contacts and invoices to Dinero and compare the books",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["ledger_bridge"],
    "data": [],
    "installable": True,
}
