{
    "name": "e-conomic Connector",
    "summary": "Push contacts and invoices to e-conomic and compare the books",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["ledger_bridge"],
    "data": [
        "data/ir_config_parameter_data.xml",
        "views/transfer_connection_views.xml",
    ],
}
