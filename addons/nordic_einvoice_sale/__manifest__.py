{
    "name": "Nordic E-Invoice for Sales",
    "summary": "Order numbers and references from sales orders",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["nordic_einvoice", "sale"],
    "data": [],
    "installable": True,
    "auto_install": True,
}
