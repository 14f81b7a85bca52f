{
    "name": "Nordic E-Invoice with Subscription Billing",
    "summary": "References and channels of subscriptions on e-invoices; what they will lack",
    "version": "19.0.1.1.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["nordic_einvoice", "subscription_billing"],
    "external_dependencies": {"python": ["python-stdnum"]},
    "data": ["views/subscription_reference_views.xml"],
    "auto_install": True,
}
