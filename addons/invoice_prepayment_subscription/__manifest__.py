{
    "name": "Invoice Prepayment with Subscriptions",
    "summary": "Deposits count what the order invoices, not what its subscriptions charge",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Sales/Subscriptions",
    "depends": ["invoice_prepayment", "subscription_billing_sale"],
    "auto_install": True,
}
