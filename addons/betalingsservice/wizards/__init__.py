from . import (
    betalingsservice_agreement_move,
    betalingsservice_discard,
    betalingsservice_import,
    betalingsservice_records,
)
