from . import client, payload
