from . import test_card_charge
from . import test_card_meanwhile
from . import test_card_portal
