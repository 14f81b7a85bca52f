{
    "name": "Invoice Prepayment for Inventory",
    "summary": "Which invoices belong to a batch, which batches to an invoice",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Inventory/Inventory",
    "depends": ["invoice_prepayment", "sale_stock"],
    "data": [
        "views/account_move_views.xml",
        "views/stock_lot_views.xml",
    ],
    "pre_init_hook": "pre_init_hook",
    "auto_install": True,
}
