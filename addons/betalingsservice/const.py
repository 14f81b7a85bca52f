"""Value lists of Betalingsservice."""

CURRENCY = "DKK"

SUBSYSTEMS = [("BS1", "BS1: production"), ("KR9", "KR9: operator test")]
AGREEMENT_STATES = [("pending", "Waiting for sign-up"), ("active", "Active"), ("ended", "Ended")]
ENDED_BY = [
    ("bank", "The payer's bank"),
    ("creditor", "Us"),
    ("betalingsservice", "Betalingsservice"),
]
COLLECTION_STATES = [
    ("to_send", "To be delivered"),
    ("delivered", "Delivered"),
    ("paid", "Paid"),
    ("rejected", "Rejected"),
    ("cancelled", "Cancelled"),
    ("charged_back", "Charged back"),
]
#: States in which nothing is to be typed by the payer.
DRAWN_STATES = ("to_send", "delivered", "paid")
#: States that leave the invoice to be paid in another way.
CLOSED_STATES = ("rejected", "cancelled", "charged_back")
DELIVERY_TYPES = [
    ("0601", "0601: collections"),
    ("0602", "0602: payments"),
    ("0603", "0603: agreements"),
    ("0621", "0621: remarks"),
]
DELIVERY_STATES = [
    ("ready", "Ready to send"),
    ("sent", "Sent"),
    ("cancelled", "Discarded"),
    ("read", "Read"),
    ("failed", "Failed"),
]
LINE_RESULTS = [
    ("created", "New"),
    ("changed", "Changed"),
    ("ended", "Ended"),
    ("unchanged", "Unchanged"),
    ("slip", "Electronic slip only"),
    ("unknown", "Unknown customer number"),
    ("missing", "Not in the list"),
]
