from . import (
    dinero_authorisation,
    dinero_organisation,
    dinero_token,
    transfer_connection,
    transfer_connection_sign_in,
)
