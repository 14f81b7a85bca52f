from . import payment_provider
from . import payment_token
from . import payment_transaction
from . import subscription_payment_way
from . import subscription_card_charge
from . import account_move
from . import subscription_billing_run
from . import subscription_subscription
