{
    "name": "Transfer Log",
    "summary": "One record per exchange with the outside world",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Technical",
    "depends": ["base", "mail"],
    "data": [],
    "installable": True,
    "application": True,
}
