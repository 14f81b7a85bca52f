from . import test_deposit_einvoice
