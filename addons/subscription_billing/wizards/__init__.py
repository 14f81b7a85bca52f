from . import account_move_reversal
from . import subscription_end
from . import subscription_price_index_import
from . import subscription_start
