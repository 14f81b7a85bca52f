{
    "name": "Nordic E-Invoice with Saved Cards",
    "summary": "E-invoices of customers whose saved card is charged",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["nordic_einvoice", "subscription_billing_payment"],
    "auto_install": True,
}
