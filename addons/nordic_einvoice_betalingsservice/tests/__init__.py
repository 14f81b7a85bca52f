from . import test_drawn_invoice
