{
    "name": "Nordic E-Invoice for Sales",
    "summary": "Order numbers and references from sales orders",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["nordic_einvoice", "sale"],
    "data": ["views/sale_order_views.xml", "views/report_saleorder.xml", "views/res_config_settings_views.xml"],
    "pre_init_hook": "pre_init_hook",
    "post_init_hook": "post_init_hook",
    "auto_install": True,
}
