{
    "name": "Invoice Prepayment for Subcontracting",
    "summary": "Subcontracted production that waits for the deposit",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Manufacturing/Manufacturing",
    "depends": ["invoice_prepayment_mrp", "mrp_subcontracting"],
    "post_init_hook": "post_init_hook",
    "auto_install": True,
}
