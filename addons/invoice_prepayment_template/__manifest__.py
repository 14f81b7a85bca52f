{
    "name": "Invoice Prepayment for Quotation Templates",
    "summary": "Deposit rules by quotation template",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Sales/Sales",
    "depends": ["invoice_prepayment", "sale_management"],
    "data": ["views/prepayment_policy_views.xml"],
    "auto_install": True,
}
