"""The client of ePay's SOAP service. Plain Python: no Odoo model, no database."""

from .epay import DOMAINS, HOST, Epay, Transaction

__all__ = ["DOMAINS", "HOST", "Epay", "Transaction"]
