import io
import random
import time
import zipfile
from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import PBS, BetalingsserviceCommon

BAD = {
    "cut in the middle of a record": (lambda data: data[:-170], 4),
    "without its end": (lambda data: data[: data.index(b"BS992")], 4),
    "without its start": (lambda data: data.split(b"\n", 1)[1], 1),
    "wrong total of the section": (lambda data: data.replace(b"0000000062250\r\n", b"0000000062251\r\n", 1), 4),
    "wrong number of records": (
        lambda data: data.replace(
            b"BS09201234567021100000001      00000000001", b"BS09201234567021100000001      00000000002"
        ),
        4,
    ),
    "section inside a section": (lambda data: data.replace(b"BS042", b"BS012", 1), 3),
    "unknown section": (lambda data: data.replace(b"BS012012345670211", b"BS012012345670299"), 2),
    "unknown transaction": (lambda data: data.replace(b"BS042012345670236", b"BS042012345670290"), 3),
    "unknown record": (lambda data: data.replace(b"BS042", b"BS047"), 3),
    "a foreign creditor among ours": (lambda data: data.replace(b"BS04201234567", b"BS04207654321"), 3),
    "control characters": (
        lambda data: data.replace(b"010227", b"01\x0227", 1),
        3,
    ),
    "letters for an amount": (lambda data: data.replace(b"0000000062250", b"00000000622X0", 1), 3),
    "no date": (lambda data: data.replace(b"010227010227", b"000000000000"), 3),
    "two deliveries in one": (lambda data: data + data, 6),
    "saved as UTF-8": (lambda data: data.replace(b"F/2027", "Ærø27".encode(), 1), 3),
    "a record too long": (lambda data: data.replace(b"0000000062250\r\n", b"0000000062250XYZ\r\n", 1), 3),
}


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestBadInput(BetalingsserviceCommon):
    """Every bad file is kept and told by line and field in the user's language; nothing is booked."""

    def setUp(self):
        super().setUp()
        self.operator = self._operator()
        self._agreement()
        self.operator.sign_up("1001")
        self.operator.answer_0603()
        self.invoice = self._invoice(price=622.5)
        delivery = self.creditor._create_delivery()
        self.operator.receive(delivery.attachment_id.raw)
        delivery.action_mark_sent()
        self.data = self.operator.answer_0602()
        self.env = self.env(context={**self.env.context, "lang": "da_DK"})

    def test_each_bad_file(self):
        for name, (spoil, line) in BAD.items():
            with self.subTest(name):
                data = spoil(self.data)
                self.assertNotEqual(data, self.data)
                delivery = self._import(data, f"{name}.BS1")
                self.assertEqual(delivery.state, "failed")
                self.assertEqual(delivery.attachment_id.raw, data)
                self.assertIn(f"Linje {line}", delivery.error_message)
                self.assertFalse(delivery.report_id.line_ids)
                self.assertFalse(delivery.report_id.move_ids)
                self.assertNotIn(" the ", delivery.error_message)
        self.assertEqual(self.invoice.payment_state, "not_paid")
        self.assertEqual(self.invoice.betalingsservice_collection_id.state, "delivered")

    def test_hostile_files(self):
        """50 MB of noise, NUL bytes, records turned about: told briefly and soon, kept, nothing booked."""
        noise = random.Random(4).randbytes(50 * 1024 * 1024)
        records = self.data.split(b"\r\n")[:-1]
        start = records[0] + b"\r\n"
        for name, data in {
            "noise after the start": start + noise,
            "noise after the end": self.data + b"BS042" + noise,
            "NUL bytes after the start": start + bytes(len(noise)),
            "NUL bytes in a record": self.data.replace(b"010227", b"01\x0027", 1),
            "empty lines without end": start + b"\n" * 1000000,
            "one line without end": records[0] + b"9" * len(noise),
            "records of no section": start + (records[2] + b"\r\n") * 20000,
            "records turned about": b"\r\n".join([records[0], *records[-2:0:-1], records[-1]]) + b"\r\n",
            "end before the start": b"\r\n".join(records[::-1]) + b"\r\n",
        }.items():
            with self.subTest(name):
                before = time.process_time()
                try:
                    with self.env.cr.savepoint():
                        delivery = self._import(data, "D1234567-602.BS1")
                except UserError as error:
                    self.assertIn("D1234567-602.BS1", str(error))
                else:
                    self.assertEqual(delivery.state, "failed")
                    self.assertTrue(delivery.error_message)
                    self.assertLess(len(delivery.error_message), 20000)
                    self.assertEqual(delivery.attachment_id.raw, data)
                    self.assertFalse(delivery.report_id.line_ids)
                self.assertLess(time.process_time() - before, 30)
        with self.assertRaises(UserError):
            self._import(noise, "stoej.txt")
        self.assertEqual(self.invoice.payment_state, "not_paid")
        self.assertEqual(self.invoice.betalingsservice_collection_id.state, "delivered")

    def test_a_foreign_creditor_is_named(self):
        delivery = self._import(self.data.replace(b"01234567", b"07654321"))
        self.assertEqual(delivery.state, "failed")
        self.assertIn("07654321", delivery.error_message)
        self.assertEqual(self.invoice.payment_state, "not_paid")

    def test_line_ends_blanks_and_transport_lines_do_not_matter(self):
        for name, data in {
            "transport lines": b"PBCNET30TRANSPORT\r\n" + self.data + b"PBCNET31\r\n",
            "LF": self.data.replace(b"\r\n", b"\n"),
            "CR": self.data.replace(b"\r\n", b"\r"),
            "full length": b"\r\n".join(line.ljust(128) for line in self.data.split(b"\r\n") if line),
            "byte order mark": b"\xef\xbb\xbf" + self.data,
        }.items():
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                delivery = self._import(data, f"{name}.BS1")
                self.assertEqual(delivery.state, "read", delivery.error_message)
                self.assertEqual(delivery.report_id.line_ids.match_state, "matched")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_a_payers_address_and_text_are_skipped_whatever_the_totals_say(self):
        """Section 0215 may hold records of a layout nobody has; its end gives zeros for them."""
        rows = self.data.split(b"\r\n")
        extra = [f"BS0{kind}{PBS}02970000000100000".encode() + b"0" * 40 for kind in ("22", "52")]
        delivery = self._import(b"\r\n".join([*rows[:2], *extra, *rows[2:]]))
        self.assertEqual((delivery.state, delivery.payment_count), ("read", 1), delivery.error_message)

    def test_another_file_is_refused_by_name(self):
        with self.assertRaises(UserError):
            self._import(b"hello, world", "brev.txt")

    def test_a_file_that_is_not_ours_to_read_is_kept(self):
        delivery = self._import(self.data.replace(b"BS10602", b"BS10686"))
        self.assertEqual(delivery.state, "failed")
        self.assertIn("0686", delivery.error_message)

    def test_other_files_of_the_operator_say_what_to_do(self):
        start = self.data[:16]
        for name, data, words in (
            ("0605", start + b"0605" + self.data[20:], "0605"),
            ("0686", start + b"0686" + self.data[20:], "0602"),
            ("0601", self.creditor.delivery_ids.filtered(lambda d: d.direction == "out").attachment_id.raw, "0601"),
            ("0699", start + b"0699" + self.data[20:], "0699"),
            ("LeverandørService", b"LS00212345678    0690TEST", "LeverandørService"),
            ("XML", b'<?xml version="1.0"?><PBSXML000/>', "XML"),
        ):
            with self.subTest(name):
                delivery = self._import(data, f"{name}.BS1")
                self.assertEqual((delivery.state, delivery.name), ("failed", f"{name}.BS1"))
                self.assertIn(words, delivery.error_message)
                self.assertNotIn(" the ", delivery.error_message)
                self.assertEqual(delivery.attachment_id.raw, data)

    def test_a_receipt_is_no_delivery_and_says_so(self):
        for name in ("T3808688001.BS1", "V3808688001.BS1", "F3808688001.BS1"):
            with self.assertRaises(UserError) as refused:
                self._import(b"Modtaget 22.01.2027", name)
            self.assertIn(name, str(refused.exception))
            self.assertGreater(len(str(refused.exception)), 100, "more than that it is no delivery")

    def _zip(self, *files):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
            for name, data in files:
                made.writestr(name, data)
        return archive.getvalue()

    def test_a_zip_file_is_what_is_in_it(self):
        self.operator.sign_up("1002")
        mandates = self.operator.answer_0603()
        zipped = self._zip(("ind/D1-602.BS1", self.data), ("D2-603.BS1", mandates), ("læsmig.txt", b"hej"))
        deliveries = self._import(zipped, "Z1234567.BS1")
        self.assertEqual(deliveries.mapped("delivery_type"), ["0602", "0603"])
        self.assertEqual(set(deliveries.mapped("state")), {"read"})
        self.assertEqual(deliveries[0].attachment_id.raw, self.data)
        self.assertEqual(deliveries[0].attachment_id.name, "D1-602.BS1")
        self.assertEqual(self._import(zipped, "Z1234567.BS1"), deliveries, "known, nothing new")
        with self.assertRaises(UserError):
            self._import(self._zip(("D1-602.BS1", self.data)), "Z1234568.BS1")

    def test_a_zip_file_that_is_no_good_is_kept_and_told(self):
        whole = self._zip(("D1-602.BS1", self.data))
        bomb = self._zip(("D1-602.BS1", bytes(70 * 1024 * 1024)))
        locked = bytearray(whole)
        for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            locked[whole.index(magic) + place] |= 1
        for name, data, code in (
            ("cut", whole[:-20], "beskadiget"),
            ("bomb", bomb, "64 MB"),
            ("locked", bytes(locked), "adgangskode"),
            ("empty", self._zip(), ""),
            ("many", self._zip(*((f"{n}.txt", b"x") for n in range(21))), "21"),
            ("other", self._zip(("brev.txt", b"hej")), "brev.txt"),
        ):
            with self.subTest(name):
                if name == "empty":
                    data = b"PK\x03\x04" + data
                delivery = self._import(data, f"Z{name}.zip")
                self.assertEqual(delivery.state, "failed")
                self.assertIn(code, delivery.error_message)
                self.assertEqual(delivery.attachment_id.raw, data)
                self.assertFalse(delivery.report_id)

    def test_what_cannot_be_written_names_the_customer_and_leaves_nothing(self):
        other = self._agreement(self.other, customer_number="1002")
        invoice = self._invoice(self.other, due=date(2027, 3, 1))
        self.env.cr.execute("UPDATE betalingsservice_agreement SET mandate_number = 'X' WHERE id = %s", [other.id])
        other.invalidate_recordset()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.creditor._create_delivery(date(2027, 3, 31))
        self.assertFalse(invoice.betalingsservice_collection_id.delivery_id)
