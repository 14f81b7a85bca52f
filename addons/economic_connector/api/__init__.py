from . import client, contacts, payload, vouchers
