from . import subscription_billing_run
