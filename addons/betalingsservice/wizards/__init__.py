from . import betalingsservice_import, betalingsservice_records
