from . import account_move_reversal
from . import base_partner_merge
from . import subscription_deferral_balance
from . import subscription_end
from . import subscription_price_index_import
from . import subscription_reminder_send
from . import subscription_start
