"""Value lists of the production hold."""

HOLD_STATES = [
    ("none", "No deposit"),
    ("held", "Waiting for deposit"),
    ("released", "Released"),
    ("overridden", "Released by hand"),
    ("running", "Running, deposit missing"),
]
NOT_STARTED = ("draft", "confirmed")
RUNNING = ("progress", "to_close")
STARTED = (*RUNNING, "done")
# Of a work order: a production with one in these states has started.
WORKORDER_STARTED = ("progress", "done")
# Who may release production that waits for its deposit.
OVERRIDE_GROUP = "invoice_prepayment_mrp.group_prepayment_override"
