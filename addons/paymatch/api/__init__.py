"""Clients of providers' interfaces. Plain Python: no Odoo model, no database.

``SERVICES``: code of the service -> its client; ``FORMAT_SERVICES``: format of a provider -> service its payouts are
fetched from.
"""

from . import clearhaus, klarna, mollie, nexi_checkout, shopify, stripe, vipps, zettle
from .base import Access, Client, FetchError, Listing

SERVICES = {
    client.code: client
    for client in (
        clearhaus.Clearhaus,
        vipps.Vipps,
        nexi_checkout.NexiCheckout,
        stripe.Stripe,
        mollie.Mollie,
        klarna.Klarna,
        zettle.Zettle,
        shopify.Shopify,
    )
}
FORMAT_SERVICES = {code: client.code for client in SERVICES.values() for code in client.formats}

__all__ = ["FORMAT_SERVICES", "SERVICES", "Access", "Client", "FetchError", "Listing"]
