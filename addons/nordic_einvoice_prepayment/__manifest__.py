{
    "name": "Nordic E-Invoice with Deposits",
    "summary": "Deposit invoices as e-invoices, payment requests never",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["nordic_einvoice_sale", "invoice_prepayment"],
    "auto_install": True,
}
