from . import nordic_einvoice_cockpit
from . import nordic_einvoice_upload
from . import nordic_einvoice_readiness
