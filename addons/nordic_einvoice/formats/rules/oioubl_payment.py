"""OIOUBL: means and terms of payment, prepayment (section 5). Invoices only: of a credit note nothing is looked at.

PEE and PER stand for the accounts of payee and payer.
"""

from .. import codes
from .numbers import is_digits
from .oioubl import INVOICE, OIOUBL, absent, at_most_one, attribute_in, decimal_places, not_negative, places, positive

MEANS = places(Invoice="PaymentMeans")
_PEE = "PayeeFinancialAccount"
_PER = "PayerFinancialAccount"
_BRANCH = f"{_PEE}/FinancialInstitutionBranch"
_PAYER_BRANCH = f"{_PER}/FinancialInstitutionBranch"
_CHANNEL = "PaymentChannelCode"
_CHANNEL_LIST = "urn:oioubl:codelist:paymentchannelcode-1.1"
_ACCOUNT_TYPES = "urn:oioubl:codelist:accounttypecode-1.1"


def _of(*wanted, channel=None):
    """Means of payment of these codes, and of this channel."""

    def nodes(document):
        return [
            means
            for means in document.resolve(MEANS)
            if means.raw_at("PaymentMeansCode") in wanted and (channel is None or means.raw_at(_CHANNEL) == channel)
        ]

    return nodes


# --- every way of payment ---
@OIOUBL.rule("F-LIB100", MEANS, only=INVOICE)
def way_of_payment(means, document):
    code = means.raw_at("PaymentMeansCode")
    return code not in codes.OIOUBL_PAYMENT_CODES and {"value": code}


@OIOUBL.rule("W-LIB241", MEANS, only=INVOICE, text="filled", values={"element": "PaymentMeans/ID"})
def means_has_id(means, document):
    return len(document.nodes("PaymentMeans")) > 1 and not means.raw_at("ID")


absent(
    MEANS,
    "F-LIB151 F-LIB162 F-LIB243 F-LIB244",
    f"{_PAYER_BRANCH}/Address {_PER}/Country {_BRANCH}/FinancialInstitution/Address {_PEE}/Country",
    only=INVOICE,
)
for account, in_list, agency in ((_PER, "F-LIB105", "W-LIB121"), (_PEE, "F-LIB136", "W-LIB141")):
    kind_of_account = places(Invoice=f"PaymentMeans/{account}/AccountTypeCode")
    attribute_in(kind_of_account, in_list, "listID", _ACCOUNT_TYPES, only=INVOICE)
    attribute_in(kind_of_account, agency, "listAgencyID", "320", only=INVOICE)


# --- kinds of rule ---
def _must_not(context, ids, names):
    absent(context, ids, names, only=INVOICE)


def _must(context, rule, path):
    OIOUBL.add(rule, context, lambda m, d: not m.has(path), "present", {"element": path}, only=INVOICE)


def _must_be_filled(context, rule, path):
    OIOUBL.add(rule, context, lambda m, d: not m.text_at(path), "filled", {"element": path}, only=INVOICE)


def _longest(context, rule, path, most):
    """At most so many characters; what is not there passes."""

    def broken(means, document):
        return any(len(node.raw) > most for node in means.all(path)) and {"value": means.text_at(path)[:60]}

    values = {"element": path, "expected": str(most)}
    OIOUBL.add(rule, context, broken, "longest", values, only=INVOICE, needs=path.rpartition("/")[2])


def _length(context, rule, path, least, most, text="characters", must=True):
    def broken(means, document):
        if not must and not means.has(path):
            return False
        value = means.raw_at(path)
        return not least <= len(value) <= most and {"value": value[:60]}

    values = {"element": path, "expected": str(least) if least == most else f"{least}-{most}"}
    OIOUBL.add(rule, context, broken, text, values, only=INVOICE)


def _channel(context, rule, *allowed, mandatory=False):
    def broken(means, document):
        if not mandatory and not means.has(_CHANNEL):
            return False
        value = means.raw_at(_CHANNEL)
        return value not in allowed and {"value": value}

    values = {"element": _CHANNEL, "allowed": ", ".join(allowed)}
    OIOUBL.add(rule, context, broken, "value", values, only=INVOICE)


def _channel_list(context, rule, mandatory=False):
    def broken(means, document):
        channel = means.one(_CHANNEL)
        if channel is None:
            return mandatory
        return channel.get("listID") != _CHANNEL_LIST and {"value": channel.get("listID")}

    OIOUBL.add(
        rule, context, broken, "attribute", {"element": "listID", "allowed": _CHANNEL_LIST, "value": ""}, only=INVOICE
    )


def _card_type(context, rule, *allowed):
    def broken(means, document):
        value = means.raw_at("PaymentID")
        return value not in allowed and {"value": value}

    OIOUBL.add(rule, context, broken, rule, {"allowed": ", ".join(allowed)}, only=INVOICE)


def _only_with(rule, context, name, card_types):
    OIOUBL.add(
        rule,
        context,
        lambda m, d: m.has(name) and m.raw_at("PaymentID") not in card_types,
        "absent",
        {"element": name},
        only=INVOICE,
    )


def _payment_id_must(code, card_types, rule, broken):
    def nodes(document):
        return [means for means in document.resolve(_of(code)) if means.raw_at("PaymentID") in card_types]

    OIOUBL.add(rule, nodes, broken, only=INVOICE)


# --- 31 transfer abroad ---
_31 = _of("31")
_must_not(_31, "F-LIB103", "InstructionNote")
_channel_list(_31, "F-LIB106", mandatory=True)
_channel(_31, "F-LIB109", "IBAN", "ZZZ", mandatory=True)
_must(_31, "F-LIB107", f"{_PEE}/ID")
_longest(_31, "F-LIB110", f"{_PER}/PaymentNote", 20)
_longest(_31, "F-LIB111", f"{_PEE}/PaymentNote", 20)
_longest(_31, "F-LIB112", "CreditAccount/AccountID", 8)
_31_IBAN = _of("31", channel="IBAN")
_must_not(_31_IBAN, "F-LIB108", f"{_BRANCH}/ID")
_must(_31_IBAN, "F-LIB113", f"{_BRANCH}/FinancialInstitution/ID")
_length(_31_IBAN, "F-LIB114", f"{_PEE}/ID", 1, 10**6)
_longest(_31_IBAN, "F-LIB115", f"{_PEE}/ID", 34)
_31_OTHER = _of("31", channel="ZZZ")
for part, rule_id in (("ID", "F-LIB276"), ("Name", "F-LIB116"), ("Address", "F-LIB117")):
    _must(_31_OTHER, rule_id, f"{_BRANCH}/{part}")

# --- 42 bank account ---
_42 = _of("42")
_must_not(_42, "F-LIB122 F-LIB119", "CreditAccount InstructionNote")
_channel_list(_42, "F-LIB123", mandatory=True)
_channel(_42, "F-LIB128", "DK:BANK")
_longest(_42, "F-LIB129", f"{_PER}/PaymentNote", 20)
_longest(_42, "F-LIB133", f"{_PEE}/PaymentNote", 20)
OIOUBL.add(
    "F-LIB124",
    _42,
    lambda m, d: m.has(_PAYER_BRANCH) and not m.has(f"{_PAYER_BRANCH}/ID"),
    "present",
    {"element": f"{_PAYER_BRANCH}/ID"},
    only=INVOICE,
)
_longest(_42, "F-LIB130", f"{_PAYER_BRANCH}/ID", 4)
_must(_42, "F-LIB125", _PEE)
_must(_42, "F-LIB126", f"{_PEE}/ID")
_longest(_42, "F-LIB131", f"{_PEE}/ID", 10)
_must(_42, "F-LIB127", f"{_BRANCH}/ID")
_longest(_42, "F-LIB132", f"{_BRANCH}/ID", 4)


@OIOUBL.rule("F-LIB311", _42, only=INVOICE)
def branch_is_a_number(means, document):
    branch = means.one(f"{_BRANCH}/ID")
    return branch is None or not branch.num


# --- 48 card ---
_48 = _of("48")
_must_not(
    _48,
    "F-LIB365 F-LIB366 F-LIB367 F-LIB368 F-LIB369 F-LIB370",
    f"{_CHANNEL} InstructionID InstructionNote {_PER} {_PEE} CreditAccount",
)
_must(_48, "F-LIB342", "CardAccount")
_must_not(
    _48,
    " ".join(f"F-LIB{number}" for number in range(343, 351)),
    "CardAccount/CardTypeCode CardAccount/ValidityStartDate CardAccount/ExpiryDate CardAccount/IssuerID"
    " CardAccount/IssueNumberID CardAccount/CV2ID CardAccount/CardChipCode CardAccount/ChipApplicationID",
)

# --- 49 direct debit ---
_49 = _of("49")
_must_not(_49, "F-LIB135 F-LIB137", "InstructionNote CreditAccount")
OIOUBL.add(
    "F-LIB134",
    _49,
    lambda m, d: m.has(_CHANNEL) and m.has("InstructionID"),
    "not_both",
    {"element": _CHANNEL, "other": "InstructionID"},
    only=INVOICE,
)
_longest(_49, "F-LIB288", f"{_PER}/PaymentNote", 20)
_channel(_49, "F-LIB289", "IBAN", "DK:BANK")
_longest(_49, "F-LIB140", "InstructionID", 60)
_49_BANK, _49_IBAN = _of("49", channel="DK:BANK"), _of("49", channel="IBAN")
_length(_49_BANK, "F-LIB290", f"{_PER}/ID", 10, 10)
_length(_49_BANK, "F-LIB291", f"{_PAYER_BRANCH}/ID", 4, 4)
_length(_49_IBAN, "F-LIB292", f"{_PER}/ID", 18, 10**6)
_longest(_49_IBAN, "F-LIB293", f"{_PER}/ID", 34)
_must_not(_49_IBAN, "F-LIB294", f"{_PAYER_BRANCH}/ID")
_must(_49_IBAN, "F-LIB295", f"{_PAYER_BRANCH}/FinancialInstitution/ID")

# --- 50 giro ---
_50 = _of("50")
_must_not(_50, "F-LIB142", "CreditAccount")
_must(_50, "F-LIB144", "PaymentID")
_card_type(_50, "F-LIB147", "01", "04", "15")
_must(_50, "F-LIB319", _PEE)
_must(_50, "F-LIB320", f"{_PEE}/ID")
_channel(_50, "F-LIB146", "DK:GIRO")
_channel_list(_of("50", channel="DK:GIRO"), "F-LIB143")
_only_with("F-LIB148", _50, "InstructionNote", ("01",))
_longest(_50, "F-LIB149", "InstructionID", 16)
_payment_id_must("50", ("04", "15"), "F-LIB145", lambda m, d: not m.has("InstructionID"))
_payment_id_must("50", ("04", "15"), "F-LIB312", lambda m, d: m.has("InstructionID") and not m.raw_at("InstructionID"))
_payment_id_must("50", ("04", "15"), "F-LIB390", lambda m, d: not is_digits(m.raw_at("InstructionID")))


def _giro(document):
    return [
        means
        for means in document.resolve(MEANS)
        if means.raw_at("PaymentMeansCode") == "50" or means.raw_at(_CHANNEL) == "DK:GIRO"
    ]


@OIOUBL.rule("F-LIB321", _giro, only=INVOICE)
def giro_account(means, document):
    account = means.one(f"{_PEE}/ID")
    return account is None or len(account.raw) not in (7, 8) or account.num is None


# --- 58, 59 SEPA ---
_must_be_filled(_of("58"), "F-LIB377", f"{_PEE}/ID")
_channel(_of("58"), "F-LIB379", "IBAN")
_channel(_of("59"), "F-LIB380", "IBAN")

# --- 93 FIK ---
_93 = _of("93")
_must(_93, "F-LIB152", "PaymentID")
_card_type(_93, "F-LIB155", *codes.FIK_CARD_TYPES)
_channel(_93, "F-LIB277", "DK:FIK")
_channel_list(_of("93", channel="DK:FIK"), "F-LIB278")
_only_with("F-LIB154", _93, "InstructionNote", ("73", "75"))
_payment_id_must("93", ("71", "75"), "F-LIB153", lambda m, d: not m.has("InstructionID"))
_payment_id_must("93", ("71",), "F-LIB156", lambda m, d: len(m.raw_at("InstructionID")) != 15)
_payment_id_must("93", ("75",), "F-LIB157", lambda m, d: len(m.raw_at("InstructionID")) != 16)
_payment_id_must("93", ("73",), "F-LIB275", lambda m, d: m.has("InstructionID"))
_length(_93, "F-LIB305", "CreditAccount/AccountID", 8, 8, text="F-LIB305")


@OIOUBL.rule("F-LIB336", _93, only=INVOICE)
def fik_number(means, document):
    """Digits with card types 71 and 75; an empty one is wrong with every type."""
    number = means.one("InstructionID")
    if number is not None and not number.raw:
        return True
    return means.raw_at("PaymentID") in ("71", "75") and not is_digits(means.raw_at("InstructionID"))


# --- 97 NemKonto ---
_97 = _of("97")
_channel(_97, "F-LIB158", "DK:NEMKONTO")
_must_not(
    _97,
    "F-LIB159 F-LIB160 F-LIB161 F-LIB163 F-LIB164 F-LIB165",
    f"InstructionID InstructionNote PaymentID {_PER} {_PEE} CreditAccount",
)

# --- terms, prepayment ---
_TERMS = places(Invoice="PaymentTerms")


@OIOUBL.rule("W-LIB245", _TERMS, only=INVOICE, text="filled", values={"element": "PaymentTerms/ID"})
def terms_have_id(terms, document):
    return len(document.nodes("PaymentTerms")) > 1 and not terms.raw_at("ID")


@OIOUBL.rule("F-LIB246", _TERMS, only=INVOICE, text="filled", values={"element": "PaymentTerms/Note"})
def factoring_has_note(terms, document):
    return terms.raw_at("ID") == "Factoring" and not terms.raw_at("Note")


at_most_one(_TERMS, "F-LIB247", "Note", only=INVOICE)
not_negative(places(Invoice="PaymentTerms/Amount"), "F-LIB020", only=INVOICE)
positive(places(Invoice="PrepaidPayment/PaidAmount"), "F-LIB013", only=INVOICE)
decimal_places(places(Invoice="PrepaidPayment/PaidAmount"), "F-LIB014", 2, 2, only=INVOICE)
