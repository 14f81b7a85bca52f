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

POSTING_MODES = [
    ("draft", "Make a draft"),
    ("post", "Make and post"),
    ("send", "Make, post and send"),
]

FINAL_MODES = [
    ("none", "Nothing: the final invoice is made by hand"),
    ("activity", "Put the final invoice on the to-do list"),
    ("draft", "Draft the final invoice"),
]

DEDUCTIONS = [
    ("last", "On the last invoice of the order"),
    ("pro_rata", "On every invoice, in proportion to what it covers of the order"),
]

DRAFT_RULES = [
    ("refuse", "Refuse the final invoice and say which deposits are drafts"),
    ("take", "Post the drafts and deduct them"),
]

MONEY_RULES = [
    ("create", "Make and post the deposit invoice, dated that day"),
    ("ask", "Ask: put it on the to-do list"),
]

VAT_TREATMENTS = [
    ("invoice", "Invoice with VAT"),
    ("receipt", "Invoice with VAT when the money is received"),
    ("request", "Payment request without VAT"),
]

OUTCOMES = [
    ("refund", "Refund: credit the deposit"),
    ("transfer", "Transfer to another order"),
    ("forfeit", "Forfeit: the customer loses the deposit"),
]

FORFEIT_VAT = [
    ("supply", "With VAT: it pays for something the customer could use"),
    ("compensation", "Without VAT: compensation for a cancelled order"),
]

# context: core's "Register payment" is at work, which matches the payment with its invoices itself
REGISTERING_KEY = "prepayment_registering"
