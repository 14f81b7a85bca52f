from . import account_payment_register
from . import nordic_einvoice_answer
from . import nordic_einvoice_archive
from . import nordic_einvoice_clarify
from . import nordic_einvoice_cockpit
from . import nordic_einvoice_consent_many
from . import nordic_einvoice_upload
from . import nordic_einvoice_readiness
