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
#: States of an answer after which the invoice waits for what to do next.
FAILED_STATES = ("rejected", "cancelled", "charged_back")
SECTIONS = [("0112", "Drawn"), ("0117", "Slip")]
SAME_DAY_RULES = [
    ("merge", "Draw them together"),
    ("move", "Move the second to the next banking day"),
    ("stop", "Stop the second and ask"),
]
CREDIT_RULES = [
    ("deduct", "Deduct from the next collection"),
    ("disburse", "Pay out through Betalingsservice"),
    ("manual", "Leave to us"),
]
SLIP_RULES = [
    ("none", "No slips"),
    ("chosen", "Slips for the invoices chosen"),
    ("all", "Slips for every customer without an agreement"),
]
FOLLOW_UPS = [
    ("invoice", "The invoice is paid with its payment line"),
    ("next_month", "Collected again next month"),
    ("hold", "On hold"),
]
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
