"""Betalingsservice as seen from outside: takes deliveries 0601, keeps agreements, answers with 0602 and 0603.

Written from the specification alone (payment-formats, sections 1.2 to 1.9) and without the addon, so that the two can
contradict each other. Plain Python; for tests, the demonstration and ``script/simulator``.

    operator = Betalingsservice(pbs_number="00000000", data_supplier="12345678")
    operator.sign_up("1001")                      # a payer joins in the net bank
    operator.answer_0603()                        # -> bytes: the new mandates
    operator.receive(delivery_0601)               # raises Refused, with all that is wrong
    operator.reject("1002")                       # the next collection of this payer is rejected
    operator.answer_0602()                        # -> bytes: what became of the collections
    operator.charge_back("1001", date(2027, 2, 5))
    operator.answer_0602()                        # -> bytes: the charge-back
"""

from collections import OrderedDict
from datetime import date

WIDTH = 128


class Refused(Exception):
    """The delivery is not taken. ``faults`` names every reason."""

    def __init__(self, faults):
        self.faults = list(faults)
        super().__init__("; ".join(self.faults))


def at(record, first, last):
    """Positions of the specification: from 1, last included."""
    return record[first - 1 : last]


def same_customer(number):
    return number.strip().lstrip("0")


class Betalingsservice:
    """The operator, for one creditor."""

    def __init__(self, pbs_number, data_supplier, subsystem="KR9", debtor_group="00001", today=None):
        self.pbs_number = pbs_number
        self.data_supplier = data_supplier
        self.subsystem = subsystem
        self.debtor_group = debtor_group
        self.today = today or date.today()
        self.mandates = OrderedDict()  # customer -> mandate number
        self.received = {}  # delivery number -> total in øre
        self.paid = {}  # customer -> collection last paid
        self._events = []  # mandates to be told of in the next 0603
        self._waiting = []  # collections to be answered in the next 0602
        self._charge_backs = []
        self._rejections = set()
        self._cancellations = set()
        self._mandate_number = 100000
        self._delivery_number = 1000000

    # --- payers ---------------------------------------------------------------------------------------------------

    def sign_up(self, customer_number, day=None):
        """A payer joins in the net bank; told of in the next 0603."""
        self._mandate_number += 1
        customer = same_customer(customer_number)
        self.mandates[customer] = f"{self._mandate_number:09d}"
        self._events.append(("0231", customer, self.mandates[customer], day or self.today, None))
        return self.mandates[customer]

    def sign_off(self, customer_number, day=None, transaction="0232"):
        """A payer leaves: by the bank (0232), by the creditor (0233), by Betalingsservice (0234)."""
        customer = same_customer(customer_number)
        mandate = self.mandates.pop(customer)
        self._events.append((transaction, customer, mandate, self.today, day or self.today))

    def reject(self, customer_number):
        """The next collection of this payer is rejected."""
        self._rejections.add(same_customer(customer_number))

    def cancel(self, customer_number):
        """The next collection of this payer is cancelled."""
        self._cancellations.add(same_customer(customer_number))

    def charge_back(self, customer_number, day):
        """The payer takes the last payment back on ``day``; told of in the next 0602."""
        collection = self.paid.pop(same_customer(customer_number))
        self._charge_backs.append((collection, day))

    # --- 0601 in --------------------------------------------------------------------------------------------------

    def receive(self, data):
        """Take a delivery 0601: check it record by record, keep its collections. Returns the number of them."""
        faults, collections = [], []
        records = self._records(data, faults)
        if not records or at(records[0], 1, 5) != "BS002":
            raise Refused([*faults, "the delivery does not begin with 002"])
        if at(records[-1], 1, 5) != "BS992":
            raise Refused([*faults, "the delivery does not end with 992"])
        number = self._check_start(records[0], faults)
        totals = {"sections": 0, "042": 0, "052": 0, "022": 0, "amount": 0}
        section = None
        for record in records[1:-1]:
            kind = at(record, 3, 5)
            if kind == "012":
                section = {"code": at(record, 14, 17), "042": 0, "052": 0, "022": 0, "amount": 0}
                self._check_section(record, section, faults)
                totals["sections"] += 1
            elif section is None:
                faults.append(f"record {kind} outside a section")
            elif kind == "092":
                self._check_section_end(record, section, faults)
                for key in ("042", "052", "022", "amount"):
                    totals[key] += section[key]
                section = None
            elif kind == "042":
                section["042"] += 1
                collections.append(self._collection(record, section, faults))
            elif kind in ("022", "052", "062"):
                section["052" if kind == "062" else kind] += 1
            else:
                faults.append(f"unknown record {kind}")
        self._check_end(records[-1], totals, faults)
        self._check_days(collections, faults)
        if faults:
            raise Refused(faults)
        self.received[number] = totals["amount"]
        self._waiting += collections
        return len(collections)

    def _records(self, data, faults):
        found = []
        for raw in data.decode("iso-8859-1").split("\n"):
            record = raw.rstrip("\r")
            if not record:
                continue
            if len(record) > WIDTH:
                faults.append(f"record of {len(record)} characters")
            found.append(record.ljust(WIDTH))
        return found

    def _check_start(self, record, faults):
        number = at(record, 21, 30)
        for first, last, wanted, name in (
            (6, 13, self.data_supplier, "data supplier"),
            (14, 16, self.subsystem, "subsystem"),
            (17, 20, "0601", "delivery type"),
        ):
            if at(record, first, last) != wanted:
                faults.append(f"{name} {at(record, first, last)} instead of {wanted}")
        if number in self.received:
            faults.append(f"delivery {number} was received already")
        if at(record, 31, 49).strip():
            faults.append("positions 31-49 of record 002 are not blank")
        return number

    def _check_section(self, record, section, faults):
        if section["code"] not in ("0112", "0117"):
            faults.append(f"unknown section {section['code']}")
        if at(record, 6, 13) != self.pbs_number:
            faults.append(f"PBS number {at(record, 6, 13)} is not ours")
        if at(record, 23, 27) != self.debtor_group:
            faults.append(f"debtor group {at(record, 23, 27)} is unknown")

    def _collection(self, record, section, faults):
        transaction = {"0112": "0280", "0117": "0285"}.get(section["code"])
        if at(record, 14, 17) != transaction:
            faults.append(f"transaction {at(record, 14, 17)} in section {section['code']}")
        sign, amount = at(record, 60, 60), int(at(record, 61, 73))
        if sign == "2":
            section["amount"] -= amount
        else:
            section["amount"] += amount
        if sign not in "12" or not amount:
            faults.append(f"sign {sign} with the amount {amount}")
        day = at(record, 52, 59)
        return {
            "customer": same_customer(at(record, 28, 42)),
            "mandate": at(record, 43, 51),
            "day": date(int(day[4:]), int(day[2:4]), int(day[:2])),
            "sign": sign,
            "amount": amount,
            "reference": at(record, 74, 103),
            "slip": section["code"] == "0117",
        }

    def _check_section_end(self, record, section, faults):
        for first, last, key in ((32, 42, "042"), (43, 57, "amount"), (58, 68, "052"), (84, 94, "022")):
            if int(at(record, first, last)) != section[key]:
                faults.append(f"section {section['code']}: {key} {at(record, first, last)} counted {section[key]}")

    def _check_end(self, record, totals, faults):
        places = ((21, 31, "sections"), (32, 42, "042"), (43, 57, "amount"), (58, 68, "052"), (84, 94, "022"))
        for first, last, key in places:
            if int(at(record, first, last)) != totals[key]:
                faults.append(f"delivery: {key} {at(record, first, last)} counted {totals[key]}")
        if at(record, 69, 83).strip("0") or at(record, 95, 128).strip("0"):
            faults.append("fillers of record 992 are not zeros")

    def _check_days(self, collections, faults):
        seen = set()
        for collection in [*self._waiting, *collections]:
            key = (collection["customer"], collection["day"])
            if key in seen:
                faults.append(f"customer {key[0]} is collected twice on {key[1]}")
            seen.add(key)

    # --- 0602 out -------------------------------------------------------------------------------------------------

    def answer_0602(self):
        """What became of the collections received since the last answer; then charge-backs. Bytes of the file."""
        automatic, slips = [], []
        for collection in self._waiting:
            customer = collection["customer"]
            if collection["slip"] or customer not in self.mandates:
                slips.append(self._slip_record("0297", collection, collection["day"]))
                self.paid[customer] = collection
            elif customer in self._rejections:
                self._rejections.discard(customer)
                automatic.append(self._drawn_record("0237", collection, None))
            elif customer in self._cancellations:
                self._cancellations.discard(customer)
                automatic.append(self._drawn_record("0238", collection, None))
            else:
                automatic.append(self._drawn_record("0236", collection, collection["day"]))
                self.paid[customer] = collection
        for collection, day in self._charge_backs:
            if collection["slip"] or collection["customer"] not in self.mandates:
                slips.append(self._slip_record("0299", collection, day))
            else:
                automatic.append(self._drawn_record("0239", collection, day))
        self._waiting, self._charge_backs = [], []
        return self._file("0602", [("0211", automatic), ("0215", slips)], amounts=True)

    def _drawn_record(self, transaction, collection, day):
        moved = collection["amount"] if day else 0
        return "".join(
            (
                f"BS042{self.pbs_number}{transaction}000{self.debtor_group}",
                collection["customer"].rjust(15, "0"),
                self.mandates[collection["customer"]],
                f"{collection['day']:%d%m%y}{collection['sign']}{collection['amount']:013d}",
                collection["reference"],
                " " * 4,
                (f"{day:%d%m%y}" if day else "000000") * 2,
                f"{moved:013d}",
            )
        )

    def _slip_record(self, transaction, collection, day):
        return "".join(
            (
                f"BS042{self.pbs_number}{transaction}000{self.debtor_group}0000",
                collection["customer"].rjust(15, "0"),
                "71",
                "000000",
                f"{collection['day']:%d%m%y}{collection['sign']}{collection['amount']:013d}",
                collection["reference"][:9],
                f"{collection['day']:%Y%m%d}SIMULATED0001".ljust(22),
                f"{day:%d%m%y}" * 2,
                f"{collection['amount']:013d}",
            )
        )

    # --- 0603 out -------------------------------------------------------------------------------------------------

    def answer_0603(self, full=False):
        """Mandates new and ended since the last answer; with ``full`` all active ones. Bytes of the file."""
        if full:
            entries = [("0230", customer, mandate, self.today, None) for customer, mandate in self.mandates.items()]
            return self._file("0603", [("0210", [self._mandate_record(*entry) for entry in entries])])
        events, self._events = self._events, []
        return self._file("0603", [("0212", [self._mandate_record(*event) for event in events])])

    def _mandate_record(self, transaction, customer, mandate, start, end):
        return "".join(
            (
                f"BS042{self.pbs_number}{transaction}000{self.debtor_group}",
                customer.rjust(15, "0"),
                mandate,
                f"{start:%d%m%y}",
                f"{end:%d%m%y}" if end else "000000",
            )
        )

    # --- files ----------------------------------------------------------------------------------------------------

    def _file(self, delivery_type, sections, amounts=False):
        self._delivery_number += 1
        who = f"{self.data_supplier}{self.subsystem}{delivery_type}"
        records = [f"BS002{who}{self._delivery_number:010d}{'':19}{self.today:%d%m%y}"]
        sections = [(code, own) for code, own in sections if own]
        all_count = all_amount = 0
        for code, own in sections:
            amount = sum(int(record[115:128]) for record in own) if amounts else 0
            records.append(f"BS012{self.pbs_number}{code}000{self.debtor_group}{'':24}{self.today:%d%m%y}")
            records += own
            records.append(
                f"BS092{self.pbs_number}{code}000{self.debtor_group}{'':6}"
                f"{len(own):011d}{amount:015d}{0:011d}{'':15}{0:011d}"
            )
            all_count += len(own)
            all_amount += amount
        records.append(
            f"BS992{who}{len(sections):011d}{all_count:011d}{all_amount:015d}{0:011d}{0:015d}{0:011d}{0:034d}"
        )
        return b"".join(record.rstrip().encode("iso-8859-1") + b"\r\n" for record in records)
