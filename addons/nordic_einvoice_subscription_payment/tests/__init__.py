from . import test_card_invoice
