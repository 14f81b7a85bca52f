from . import client, errors, payload
