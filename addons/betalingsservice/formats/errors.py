"""What can be wrong with a delivery: a code, the line, the field, and the values to tell.

The English sentence is for ``script/inspect``; in Odoo the models translate sentence and field
(``models/betalingsservice_fault.py``).
"""

from odoo.addons.paymatch.formats.errors import FormatError


def _lt(text):
    """Mark a text for translation; format code itself knows no languages."""
    return text


FIELDS = {
    "addresses": _lt("address records"),
    "address": _lt("address"),
    "amount": _lt("amount"),
    "archive_reference": _lt("archive reference"),
    "booking_date": _lt("booking date"),
    "collected": _lt("amount collected"),
    "collected_date": _lt("date collected"),
    "country": _lt("country"),
    "created": _lt("date created"),
    "customer_number": _lt("customer number"),
    "data_supplier": _lt("data supplier"),
    "date_1": _lt("date 1"),
    "date_2": _lt("date 2"),
    "debtor_group": _lt("debtor group"),
    "delivery_number": _lt("delivery number"),
    "delivery_type": _lt("delivery type"),
    "encoding": _lt("encoding"),
    "fast_post": _lt("dispatch speed"),
    "fee": _lt("fee"),
    "fee_sign": _lt("sign of the fee"),
    "length": _lt("length"),
    "card_type": _lt("card type"),
    "main_text": _lt("main text"),
    "mandate_number": _lt("mandate number"),
    "on_paper": _lt("paper only"),
    "payer_id": _lt("CPR or CVR number"),
    "payment_date": _lt("payment date"),
    "payment_id": _lt("payment identification"),
    "payments": _lt("payment records"),
    "pbs_number": _lt("PBS number"),
    "postcode": _lt("postcode"),
    "record": _lt("record"),
    "record_number": _lt("record number"),
    "reference": _lt("reference"),
    "section": _lt("section"),
    "sections": _lt("sections"),
    "sign": _lt("sign code"),
    "subsystem": _lt("system"),
    "supplier_reference": _lt("identification with the data supplier"),
    "text": _lt("text"),
    "texts": _lt("text records"),
    "transaction": _lt("transaction"),
}

MESSAGES = {
    "address_lines": _lt("customer %(customer)s has more than %(most)s address lines"),
    "address_order": _lt("the address before this record is of another customer"),
    "address_stray": _lt("the address before customer %(customer)s belongs to no payment record"),
    "after_end": _lt("there is more after the end record 992"),
    "control_characters": _lt("the record holds control characters"),
    "control_value": _lt("%(value)s holds control characters"),
    "cut_end_record": _lt("the end record 992 is not whole: the file is cut off; fetch it again"),
    "cut_end": _lt("the end record 992 is missing: the file is cut off"),
    "cut_start": _lt("the delivery does not begin with record 002: the file is cut off"),
    "customer_character": _lt(
        '"%(number)s": character %(place)s is "%(character)s", only digits and capital letters are allowed'
    ),
    "customer_length": _lt('"%(number)s" must have 1 to 15 characters'),
    "date": _lt('"%(value)s" is not a date'),
    "decimals": _lt("%(amount)s has more than two decimals"),
    "delivery_type": _lt("this is delivery %(found)s, not %(wanted)s"),
    "delivery_0601": _lt("0601 is what you send to Betalingsservice: it is made here and not imported"),
    "delivery_0605": _lt(
        "0605 (agreements by file to the operator) is not read. Register, change and end agreements on the operator's "
        "web page; the next 0603 brings them here"
    ),
    "delivery_0686": _lt(
        "0686 (how payment slips were delivered) is not read. Look at it in the file; what was paid comes in 0602"
    ),
    "delivery_supplier": _lt("the file is of LeverandørService, another scheme of the operator, and is not read"),
    "delivery_unknown": _lt(
        "delivery type %(found)s is not read. What is read: 0602 (payments), 0603 (agreements), 0621 (remarks). The "
        "file is kept; ask Betalingsservice what it is for"
    ),
    "delivery_xml": _lt(
        "the file is XML; the operator's deliveries in XML are not read. Ask Betalingsservice for the files with fixed "
        "positions (0602, 0603, 0621)"
    ),
    "empty": _lt("no record of Betalingsservice in the file"),
    "end_differs": _lt('"%(end)s" at the end, "%(start)s" at the start'),
    "latin1": _lt('"%(value)s": the character "%(character)s" is not in ISO-8859-1'),
    "long_record": _lt("the record has %(length)s characters; %(most)s is the most"),
    "more": _lt("%(count)s more faults are not shown"),
    "negative_net": _lt("the disbursements exceed the collections by %(amount)s: deliver them apart"),
    "no_amount": _lt("transaction %(transaction)s says that money moved, but the amount is zero"),
    "no_date": _lt("transaction %(transaction)s has no payment date"),
    "not_a_number": _lt('"%(value)s" is not a number in digits'),
    "outside_section": _lt("record %(record)s stands outside a section"),
    "record_unknown": _lt("record type %(record)s is unknown"),
    "room": _lt('"%(value)s" has %(length)s characters; there is room for %(width)s'),
    "second_start": _lt("a second delivery starts before the first one ended"),
    "section_end_differs": _lt("section %(found)s ends, %(open)s is open"),
    "section_not_open": _lt("a section ends that did not start"),
    "section_open": _lt("section %(section)s has no end record 092"),
    "section_unknown": _lt(
        "section %(section)s is unknown in delivery %(delivery)s, so nothing of the file was taken up; ask "
        "Betalingsservice what the section tells and whether it can be left out of your files"
    ),
    "sequence": _lt("%(found)s does not follow %(before)s"),
    "sign": _lt('sign code "%(sign)s" does not fit the amount %(amount)s'),
    "stray": _lt('"%(found)s" stands in the section of "%(wanted)s"'),
    "subsystem": _lt('"%(found)s" is neither BS1 (production) nor KR9 (test)'),
    "text_lines": _lt("customer %(customer)s has more than %(most)s text lines"),
    "text_stray": _lt("the text does not follow a payment record of its customer"),
    "too_big": _lt("the file has %(size)s bytes; at most %(most)s are read"),
    "total_delivery": _lt("the delivery says %(declared)s, its records make %(counted)s"),
    "total_section": _lt("section %(section)s says %(declared)s, its records make %(counted)s"),
    "transaction_section": _lt("transaction %(transaction)s does not belong in section %(section)s"),
    "transaction_unknown": _lt("transaction %(transaction)s is unknown in section %(section)s"),
    "unreadable": _lt("the file cannot be read (%(reason)s)"),
    "utf16": _lt("the file was saved as UTF-16; fetch it again unchanged"),
    "utf8": _lt("the file was saved as UTF-8, so its positions no longer fit; fetch it again unchanged"),
    "zip_broken": _lt("the zip file is damaged; fetch it again, or unpack it and import what is in it"),
    "zip_empty": _lt("the zip file is empty"),
    "zip_encrypted": _lt("the zip file is protected by a password; unpack it and import what is in it"),
    "zip_files": _lt("the zip file holds %(count)s files; at most %(most)s are read. Unpack it and import them"),
    "zip_nothing": _lt("the zip file holds no delivery of Betalingsservice, but: %(names)s"),
    "zip_size": _lt("the zip file is larger than %(most)s MB when unpacked, and is not read"),
}


class DeliveryError(FormatError):
    """One fault. ``code`` is a key of :data:`MESSAGES`, ``name`` one of :data:`FIELDS`, ``values`` fill the sentence.

    >>> str(DeliveryError(3, "amount", "not_a_number", value="12X"))
    'line 3, field amount: "12X" is not a number in digits'
    """

    def __init__(self, line, name, code, **values):
        self.name, self.code, self.values = name, code, values
        super().__init__(line, FIELDS[name] if name else "", MESSAGES[code] % values)
