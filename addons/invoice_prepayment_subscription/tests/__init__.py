from . import test_recurring_deposit
