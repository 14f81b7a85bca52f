from . import test_deposit_scenarios
from . import test_sale_einvoice
from . import test_sale_brand
