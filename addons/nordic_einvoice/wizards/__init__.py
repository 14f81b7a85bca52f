from . import nordic_einvoice_upload
