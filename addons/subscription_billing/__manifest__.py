{
    "name": "Subscription Billing",
    "summary": "Recurring billing, exactly once, with periods on the invoice",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Sales/Subscriptions",
    "depends": ["nordic_payment_reference", "account_invoice_start_end_dates"],
    "data": [],
    "installable": True,
    "application": True,
}
