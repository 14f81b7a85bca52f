{
    "name": "Invoice Status",
    "summary": "One readable state per customer invoice, with its log and payment history",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["account"],
    "data": [],
    "installable": True,
}
