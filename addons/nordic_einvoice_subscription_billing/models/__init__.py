from . import subscription_billing_run
from . import subscription_reference
from . import subscription_subscription
