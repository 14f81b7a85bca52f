"""Value lists of Betalingsservice."""

from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

CURRENCY = "DKK"

PRODUCTION = "BS1"
SUBSYSTEMS = [(PRODUCTION, "BS1: production"), ("KR9", "KR9: operator test")]
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
#: First letters of receipts and delivery notes among the files received (single source).
RECEIPTS = ("T", "V", "F")
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
    ("unknown_ended", "Cancelled and unknown"),
    ("ignored", "Ignored"),
]
#: What the history of an agreement tells.
LOG_EVENTS = [
    ("created", "Created"),
    ("pending", "Waiting for sign-up"),
    ("registered", "Signed up"),
    ("active", "Active"),
    ("ended", "Ended"),
    ("number", "Number changed"),
    ("moved", "Moved to another customer"),
]
#: How the parts of a record are called, for the readable view of a file (``formats.describe`` has the codes).
RECORD_KINDS = {
    "start": _lt("Delivery starts"),
    "end": _lt("Delivery ends"),
    "section": _lt("Section starts"),
    "section_end": _lt("Section ends"),
    "address": _lt("Name or address"),
    "postcode": _lt("Postcode and country"),
    "optional": _lt("More about the payer"),
    "collection": _lt("Collection"),
    "text": _lt("Text to the payer"),
    "slip_text": _lt("Text on the slip"),
    "payment": _lt("Answer: drawn"),
    "slip_payment": _lt("Answer: slip"),
    "mandate": _lt("Agreement"),
    "remark": _lt("Remark"),
    "unknown": _lt("Record of unknown layout"),
}
RECORD_FIELDS = {
    "data_supplier": _lt("Data supplier"),
    "subsystem": _lt("System"),
    "delivery_type": _lt("Delivery type"),
    "delivery_number": _lt("Delivery number"),
    "created": _lt("Made on"),
    "pbs_number": _lt("PBS number"),
    "section": _lt("Section"),
    "debtor_group": _lt("Debtor group"),
    "supplier_reference": _lt("Own identification"),
    "main_text": _lt("Heading to the payer"),
    "record_number": _lt("Line"),
    "customer_number": _lt("Customer number"),
    "mandate_number": _lt("Mandate"),
    "text": _lt("Text"),
    "postcode": _lt("Postcode"),
    "country": _lt("Country"),
    "payer_id": _lt("CVR or CPR number"),
    "fast_post": _lt("Fast post"),
    "on_paper": _lt("On paper"),
    "transaction": _lt("Transaction"),
    "payment_date": _lt("Payment date"),
    "sign": _lt("Direction"),
    "amount": _lt("Amount"),
    "reference": _lt("Our reference"),
    "payment_id": _lt("Payment identification"),
    "collected_date": _lt("Collected on"),
    "collected": _lt("Amount collected"),
    "booking_date": _lt("Booked on"),
    "card_type": _lt("Card type"),
    "fee_sign": _lt("Sign of the fee"),
    "fee": _lt("Fee"),
    "archive_reference": _lt("Archive reference"),
    "date_1": _lt("Date"),
    "date_2": _lt("End date"),
    "text_number": _lt("Text number"),
    "sections": _lt("Sections"),
    "payments": _lt("Payment records"),
    "texts": _lt("Text records"),
    "addresses": _lt("Address records"),
}
#: What stands behind a number in words: field -> value -> words.
RECORD_VALUES = {
    "transaction": {
        "0280": _lt("collection"),
        "0285": _lt("slip"),
        "0236": _lt("paid"),
        "0237": _lt("rejected"),
        "0238": _lt("cancelled"),
        "0239": _lt("charged back"),
        "0297": _lt("slip paid"),
        "0299": _lt("slip charged back"),
        "0230": _lt("active agreement"),
        "0231": _lt("signed up"),
        "0232": _lt("cancelled by the bank"),
        "0233": _lt("cancelled by us"),
        "0234": _lt("cancelled by Betalingsservice"),
    },
    "section": {
        "0112": _lt("drawn, or a slip where there is no agreement"),
        "0117": _lt("slips"),
        "0211": _lt("drawn"),
        "0215": _lt("slips"),
        "0210": _lt("all active agreements"),
        "0212": _lt("new and cancelled agreements"),
        "0219": _lt("electronic slips"),
    },
    "sign": {"0": _lt("nothing"), "1": _lt("from the payer"), "2": _lt("to the payer")},
    "subsystem": {"BS1": _lt("production"), "KR9": _lt("operator's test")},
    "delivery_type": {
        "0601": _lt("collections"),
        "0602": _lt("payments"),
        "0603": _lt("agreements"),
        "0621": _lt("remarks"),
    },
}
#: Second digit of the text number of a remark (single source).
REMARK_LISTS = {"1": _lt("control information"), "2": _lt("remark"), "3": _lt("error")}
#: What went wrong on the way to the operator or back: ``api.errors`` has the codes.
EXCHANGE_ERRORS = {
    "connect": _lt("%(host)s cannot be reached: %(reason)s"),
    "exists": _lt("A file of the name %(name)s lies there already, with other content. Nothing was overwritten."),
    "folder": _lt("The folder %(folder)s does not exist or cannot be used."),
    "gone": _lt("The file %(name)s is no longer there."),
    "host_key": _lt(
        "The key of %(host)s is not the one agreed (found: %(found)s). Nothing was sent. Ask the operator whether it "
        "was changed before you enter another one."
    ),
    "host_key_kind": _lt("%(host)s has no key of the kind %(kind)s, which was agreed. Nothing was sent."),
    "host_key_text": _lt("The host key must be a line such as “ssh-ed25519 AAAA…”, as the operator gives it."),
    "name": _lt("%(name)s is no name of a file."),
    "paramiko": _lt("SFTP needs the Python package paramiko on the server."),
    "passphrase": _lt("The private key is protected by a passphrase. Enter it."),
    "permission": _lt("The server does not allow it: %(name)s"),
    "private_key": _lt(
        "The private key cannot be read. It must be an Ed25519, ECDSA or RSA key as ssh-keygen writes it."
    ),
    "read": _lt("%(name)s cannot be read: %(reason)s"),
    "rename": _lt("Nobody knows whether %(name)s arrived: %(reason)s"),
    "short": _lt("%(name)s did not arrive whole."),
    "sign_in": _lt("%(host)s does not let %(user)s in with this key."),
    "size": _lt("%(name)s is too large."),
    "write": _lt("%(name)s cannot be written: %(reason)s"),
}
