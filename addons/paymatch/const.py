FORMATS = [
    ("vipps_xml", "Vipps MobilePay settlement (XML)"),
    ("vipps_table", "Vipps MobilePay settlement (CSV, XLSX)"),
    ("vipps_api", "Vipps MobilePay payout (API)"),
    ("mobilepay_legacy", "MobilePay transfers before Vipps MobilePay (CSV)"),
    ("adyen", "Adyen settlement details"),
    ("braintree", "Braintree settlement batches (JSON)"),
    ("braintree_csv", "Braintree deposits (CSV)"),
    ("checkout_com", "Checkout.com settlement breakdown (CSV)"),
    ("checkout_com_payouts", "Checkout.com payouts (CSV)"),
    ("clearhaus", "Clearhaus settlement (API)"),
    ("klarna", "Klarna settlement (CSV)"),
    ("mollie", "Mollie settlement (API)"),
    ("nexi_checkout", "Nexi Checkout payout (API)"),
    ("paypal", "PayPal settlement report and downloads (CSV)"),
    ("rapyd", "Rapyd early reconciliation (CSV)"),
    ("shopify", "Shopify Payments transactions (CSV)"),
    ("shopify_api", "Shopify Payments payout (API)"),
    ("stripe", "Stripe payouts and balance (CSV)"),
    ("swedbank_pay", "Swedbank Pay transaction list (XML)"),
    ("swedbank_pay_table", "Swedbank Pay transaction list (XLSX)"),
    ("trustly", "Trustly funding (CSV)"),
    ("zettle", "Zettle transactions (API)"),
    ("profile", "Own profile (CSV, XLSX)"),
    ("ocr_giro", "OCR giro (Norway)"),
    ("bgmax", "BgMax (Sweden)"),
    ("camt054", "Bank advice camt.054"),
]

# Formats of files -> formats in which the same payouts are fetched.
FETCHED_AS = {"vipps_xml": ("vipps_api",), "vipps_table": ("vipps_api",), "shopify": ("shopify_api",)}

KINDS = [("payout", "Payout report"), ("advice", "Bank advice")]

REPORT_STATES = [
    ("loading", "Being read"),
    ("read", "Read"),
    ("matched", "Needs attention"),
    ("to_approve", "To approve"),
    ("approved", "Approved"),
    ("banked", "In the bank"),
    ("failed", "Failed"),
    ("discarded", "Discarded"),
]

LINE_TYPES = [
    ("sale", "Sale"),
    ("refund", "Refund"),
    ("chargeback", "Chargeback"),
    ("chargeback_reversal", "Chargeback reversed"),
    ("fee", "Fee"),
    ("fee_vat", "VAT on fee"),
    ("reserve_held", "Reserve held"),
    ("reserve_released", "Reserve released"),
    ("adjustment", "Adjustment"),
    ("conversion", "Currency conversion"),
    ("payout", "Payout"),
    ("carry_over", "Carried over"),
]

OUTCOMES = [
    ("paid", "Paid"),
    ("rejected", "Rejected"),
    ("cancelled", "Cancelled"),
    ("charged_back", "Charged back"),
]

MATCH_STATES = [
    ("open", "Open"),
    ("ambiguous", "Ambiguous"),
    ("proposed", "Proposed"),
    ("matched", "Matched"),
    ("routed", "To account"),
    ("suspense", "To be explained"),
]

#: A payout of more lines is read and matched in the background.
LARGE = 20_000

UNDECIDED = ("open", "ambiguous", "proposed")
# Booked as an open item until somebody decides.
WAITING = (*UNDECIDED, "suspense")
# Reasons told above the lines of a report.
SHOWN_REASONS = 5

# Line types that a provider's own accounts take, with the field of that account.
ACCOUNT_BY_TYPE = {
    "fee": "fee_account_id",
    "fee_vat": "fee_vat_account_id",
    "reserve_held": "reserve_account_id",
    "reserve_released": "reserve_account_id",
    "chargeback": "dispute_account_id",
    "chargeback_reversal": "dispute_account_id",
    "carry_over": "clearing_account_id",
    "conversion": "clearing_account_id",
}

# Types matched with an invoice, a credit note or an earlier capture.
MATCHED_TYPES = ("sale", "refund")
# Types matched with the invoice, too, where a provider's chargebacks open it again.
REOPENING_TYPES = ("chargeback", "chargeback_reversal")

# The bank books a payout from the day before its date to some days after it.
BANK_WINDOW = (-1, 10)

#: In the context of our own undoing. Contexts come over RPC too, an object does not.
OWN_UNDO = object()
