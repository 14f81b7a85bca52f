"""Value lists of prepayments."""

INVOICE_TYPES = [
    ("standard", "Standard invoice"),
    ("prepayment", "Prepayment invoice"),
    ("final", "Final invoice"),
]

PREPAYMENT_STATES = [
    ("none", "No deposit"),
    ("to_invoice", "To invoice"),
    ("invoiced", "Invoiced"),
    ("partial", "Partly paid"),
    ("received", "Received"),
    ("settled", "Settled"),
    ("refunded", "Refunded"),
]

EVENTS = [
    ("confirmation", "Order confirmation"),
    ("date", "Date"),
    ("production", "Production start"),
    ("delivery", "Delivery"),
]

BASES = [("total", "Including VAT"), ("net", "Excluding VAT")]

RECEIVED_RULES = [
    ("paid", "Paid: the money is in the bank"),
    ("in_payment", "In payment: a payment is registered"),
    ("percent", "At least a per cent of the deposit is registered"),
]
