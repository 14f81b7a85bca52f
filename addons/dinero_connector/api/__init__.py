from . import client, errors, payload, sign_in
