"""Value lists of the readable invoice state."""

INVOICE_STATES = [
    ("draft", "Draft"),
    ("awaiting", "Awaiting payment"),
    ("partial", "Partly paid"),
    ("paid", "Paid"),
    ("overdue", "Overdue"),
    ("credited", "Credited"),
    ("cancelled", "Cancelled"),
]

# The log also tells when an invoice was sent.
LOG_STATES = [*INVOICE_STATES, ("not_sent", "Not sent"), ("sent", "Sent")]

CAUSES = [
    ("payment", "Payment"),
    ("bank_line", "Bank line"),
    ("user", "User"),
    ("clock", "Clock"),
    ("channel", "Channel"),
]

PAID_STATES = ("paid", "in_payment", "invoicing_legacy")
