{
    "name": "Paymatch",
    "summary": "Acquirer payouts and bank advices matched, posted and proven to zero",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["transfer_log", "invoice_status", "nordic_payment_reference"],
    "data": [],
    "installable": True,
}
