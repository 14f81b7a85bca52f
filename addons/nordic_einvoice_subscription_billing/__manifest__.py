{
    "name": "Nordic E-Invoice with Subscription Billing",
    "summary": "Billing runs name what an e-invoice will lack",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["nordic_einvoice", "subscription_billing"],
    "auto_install": True,
}
