{
    "name": "Subscription Billing for Sales",
    "summary": "Confirming an order starts its subscriptions",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Sales/Subscriptions",
    "depends": ["subscription_billing", "sale"],
    "data": [
        "security/ir.model.access.csv",
        "views/product_template_views.xml",
        "views/sale_order_views.xml",
        "views/subscription_subscription_views.xml",
    ],
    "pre_init_hook": "pre_init_hook",
    "auto_install": True,
}
