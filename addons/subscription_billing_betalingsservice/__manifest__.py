{
    "name": "Subscription Billing with Betalingsservice",
    "summary": "Way of payment and cut-off in the billing run",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Sales/Subscriptions",
    "depends": ["subscription_billing", "betalingsservice"],
    "data": [
        "views/subscription_billing_run_views.xml",
        "views/subscription_payment_way_views.xml",
        "views/subscription_subscription_views.xml",
    ],
    "auto_install": True,
}
