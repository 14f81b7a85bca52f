{
    "name": "Invoice Prepayment for Manufacturing",
    "summary": "Production that waits for the deposit",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Manufacturing/Manufacturing",
    "depends": ["invoice_prepayment", "sale_mrp"],
    "data": [],
    "installable": True,
    "auto_install": True,
}
