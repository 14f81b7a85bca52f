{
    "name": "Invoice Status",
    "summary": "One readable state per customer invoice, with its log and payment history",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["account"],
    "data": [
        "security/ir.model.access.csv",
        "security/ir_rules.xml",
        "data/ir_cron_data.xml",
        "views/invoice_status_log_views.xml",
        "views/invoice_payment_history_views.xml",
        "views/account_move_views.xml",
        "views/invoice_status_menus.xml",
    ],
    "pre_init_hook": "pre_init_hook",
}
