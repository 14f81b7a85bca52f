"""What a deposit invoice is made for, handed to core's wizard and tax engine in the context.

Contexts also come over RPC, where nobody may say which planned deposit an invoice is for, how much it takes or that it
has no VAT. An object of this class cannot come that way, so only the program's own word counts.
"""

from dataclasses import dataclass
from decimal import Decimal

KEY = "prepayment_wanted"


@dataclass(frozen=True)
class WantedDeposit:
    """:param target: amount and basis (``total`` or ``net``); ``None`` for the whole rest of the order"""

    order_id: int
    target: tuple[Decimal, str] | None
    treatment: str
    milestone_id: int = 0


def get_wanted(env):
    """The deposit the program is making, or ``None``."""
    wanted = env.context.get(KEY)
    return wanted if isinstance(wanted, WantedDeposit) else None
