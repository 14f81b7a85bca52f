from . import account_move
from . import betalingsservice_deadline
from . import subscription_payment_way
from . import subscription_billing_run
from . import subscription_subscription
