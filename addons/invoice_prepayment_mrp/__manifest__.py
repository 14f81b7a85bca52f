{
    "name": "Invoice Prepayment for Manufacturing",
    "summary": "Production that waits for the deposit",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Manufacturing/Manufacturing",
    "depends": ["invoice_prepayment", "sale_mrp"],
    "data": [
        "security/invoice_prepayment_mrp_groups.xml",
        "security/ir.model.access.csv",
        "security/ir_rules.xml",
        "wizards/prepayment_override_wizard_views.xml",
        "views/prepayment_override_views.xml",
        "views/mrp_production_views.xml",
        "views/sale_order_views.xml",
    ],
    "auto_install": True,
}
