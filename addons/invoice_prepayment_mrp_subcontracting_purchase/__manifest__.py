{
    "name": "Invoice Prepayment for Subcontracting Purchases",
    "summary": "Purchase orders to subcontractors that wait for the deposit",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Manufacturing/Manufacturing",
    "depends": ["invoice_prepayment_mrp_subcontracting", "mrp_subcontracting_purchase", "sale_purchase_stock"],
    "data": ["views/purchase_order_views.xml"],
    "auto_install": True,
}
