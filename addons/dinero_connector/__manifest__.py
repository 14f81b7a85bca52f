{
    "name": "Dinero Connector",
    "summary": "Push contacts and invoices to Dinero and compare the books",
    "version": "19.0.1.1.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["ledger_bridge"],
    "data": [
        "security/ir.model.access.csv",
        "security/ir_rules.xml",
        "data/ir_config_parameter_data.xml",
        "data/mail_activity_type_data.xml",
        "data/ir_cron_data.xml",
        "views/transfer_connection_views.xml",
    ],
}
