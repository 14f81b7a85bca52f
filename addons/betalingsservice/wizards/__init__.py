from . import betalingsservice_import
