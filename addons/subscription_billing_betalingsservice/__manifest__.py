{
    "name": "Subscription Billing with Betalingsservice",
    "summary": "Way of payment and cut-off in the billing run",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Sales/Subscriptions",
    "depends": ["subscription_billing", "betalingsservice"],
    "data": [],
    "installable": True,
    "auto_install": True,
}
