{
    "name": "Nordic E-Invoice with Betalingsservice",
    "summary": "E-invoices of customers on direct debit",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["nordic_einvoice", "betalingsservice"],
    "auto_install": True,
}
