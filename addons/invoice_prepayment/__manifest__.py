{
    "name": "Invoice Prepayment",
    "summary": "Deposit and final invoices exact to the øre",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Sales/Sales",
    "depends": ["invoice_status", "sale"],
    "data": [],
    "installable": True,
}
