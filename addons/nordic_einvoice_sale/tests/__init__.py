from . import test_sale_einvoice
