from . import client, contacts, errors, payload, sign_in
