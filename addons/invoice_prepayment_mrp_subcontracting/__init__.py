from . import models

# The joint finds productions by a further way: those of orders with a deposit are looked at again.
from odoo.addons.invoice_prepayment_mrp.hooks import post_init_hook
