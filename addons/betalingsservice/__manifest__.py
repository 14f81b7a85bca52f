{
    "name": "Betalingsservice",
    "summary": "Danish direct debit: agreements, collections, payments",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Localizations",
    "depends": ["paymatch"],
    "data": [],
    "installable": True,
}
