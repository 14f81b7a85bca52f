from . import test_deposit_push
