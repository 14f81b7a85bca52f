from . import client, contacts, payload
