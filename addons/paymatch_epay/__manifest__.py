{
    "name": "Paymatch for ePay",
    "summary": "Which order belongs to a transaction of ePay, asked from its SOAP service",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["paymatch"],
    "external_dependencies": {"python": ["lxml", "requests", "zeep"]},
    "data": [
        "data/ir_cron_data.xml",
        "views/transfer_connection_views.xml",
        "views/paymatch_report_views.xml",
    ],
}
