{
    "name": "Nordic E-Invoice for Purchases",
    "summary": "Lines of received e-invoices find their purchase order lines",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["nordic_einvoice", "purchase"],
    "auto_install": True,
}
