"""What any adapter must do with files: each once, with its document, and told when one cannot go."""

import base64
from unittest.mock import patch

from .contract import FAULTS

PDF = b"%PDF-1.7\n% a document\n"
PNG = b"\x89PNG\r\n\x1a\n a picture"


class FileContract:
    """Beside ``LedgerContract``, for adapters whose capabilities tell of files."""

    def file_document(self):
        """A posted document whose files the adapter takes, not pushed yet."""
        return self._new_invoice()

    def remote_files(self):
        """-> list of ``(name, bytes, ids of documents it is with)`` over there"""
        raise NotImplementedError

    file_steps = ()  # calls that can go wrong, as of ``fault_matrix``
    file_limit = 0  # bytes

    def setUp(self):
        super().setUp()
        printed = patch.object(
            self.env.registry["ir.actions.report"], "_render_qweb_pdf", lambda *_arguments, **_named: (PDF, "pdf")
        )
        printed.start()
        self.addCleanup(printed.stop)

    def _attach(self, move, name, content):
        return self.env["ir.attachment"].create(
            {"name": name, "datas": base64.b64encode(content), "res_model": "account.move", "res_id": move.id}
        )

    def _run(self, times=4):
        for _run in range(times):
            self.process()

    def _file_logs(self, move):
        files = self.env["ledger.file"].search([("move_id", "=", move.id)])
        return self.env["transfer.log"].search([("res_model", "=", "ledger.file"), ("res_id", "in", files.ids)])

    def test_no_files_unless_chosen(self):
        move = self.file_document()
        self._attach(move, "følgeseddel.pdf", PDF + b"other")
        self.push(move)
        self._run()
        self.assertEqual(move.ledger_state, "pushed")
        self.assertEqual(self.remote_files(), [])

    def test_files_follow_their_document_once(self):
        self.connection.ledger_files = "all"
        move = self.file_document()
        self._attach(move, "Følgeseddel æ.pdf", PDF + b"delivery")
        self._attach(move, "billede.png", PNG)
        self._attach(move, "the same again.png", PNG)
        self.push(move)
        self._run()
        self.assertEqual(set(self._file_logs(move).mapped("state")), {"done"})
        self.assertEqual(set(move.ledger_file_ids.mapped("state")), {"done"})
        there = self.remote_files()
        contents = {content for _name, content, _documents in there}
        self.assertLessEqual({PDF + b"delivery", PNG}, contents)
        self.assertEqual(len(there), len(contents), "each once")
        remote_id = self.connection._ledger_link(move, move._ledger_remote_type()).remote_id
        self.assertEqual({tuple(documents) for _name, _content, documents in there}, {(remote_id,)})
        # sent again by hand: only what came since; what is printed again differs by the moment of printing
        count = len(there)
        again = patch.object(
            self.env.registry["ir.actions.report"],
            "_render_qweb_pdf",
            lambda *_arguments, **_named: (PDF + b"2", "pdf"),
        )
        again.start()
        self.addCleanup(again.stop)
        move.action_ledger_push_files()
        self._run()
        self.assertEqual(len(self.remote_files()), count)
        self._attach(move, "senere.pdf", PDF + b"later")
        move.action_ledger_push_files()
        self._run()
        self.assertEqual(len(self.remote_files()), count + 1)

    def test_document_alone(self):
        self.connection.ledger_files = "document"
        move = self.file_document()
        self._attach(move, "billede.png", PNG)
        self.push(move)
        self._run()
        self.assertNotIn(PNG, [content for _name, content, _documents in self.remote_files()])
        self.assertEqual(len(self.remote_files()), 1)

    def test_what_cannot_go_is_told_and_the_rest_goes(self):
        self.connection.ledger_files = "all"
        move = self.file_document()
        self._attach(move, "kontrakt.docx", b"PK\x03\x04 a text")
        self._attach(move, "stor.pdf", PDF + b"0" * self.file_limit)
        self._attach(move, "billede.png", PNG)
        self.push(move)
        self._run()
        self.assertIn(PNG, [content for _name, content, _documents in self.remote_files()])
        refused = move.ledger_file_ids.filtered(lambda one: one.state == "refused")
        self.assertEqual(set(refused.mapped("name")), {"kontrakt.docx", "stor.pdf"})
        logs = self._file_logs(move).filtered(lambda log: log.state == "failed")
        self.assertEqual(len(logs), 2)
        texts = "\n".join(logs.mapped("error_message"))
        for part in ("kontrakt.docx", "stor.pdf", move.name, "PDF", f"{self.file_limit // 1024 // 1024} MB"):
            self.assertIn(part, texts)
        self.assertEqual(move.ledger_state, "pushed", "the document itself is there")

    def test_log_tells_of_a_file_but_does_not_keep_it(self):
        self.connection.ledger_files = "all"
        move = self.file_document()
        self._attach(move, "billede.png", PNG)
        self.push(move)
        self._run()
        bodies = "".join(log.request_body or "" for log in self._file_logs(move))
        self.assertIn("billede", bodies)
        self.assertNotIn("a picture", bodies)

    def test_each_fault_ends_with_one_file(self):
        self.connection.ledger_files = "all"
        for step in self.file_steps:
            for fault in FAULTS:
                with self.subTest(step=step, fault=fault):
                    move = self.file_document()
                    content = PNG + f"{step}{fault}".encode()
                    self._attach(move, "billede.png", content)
                    self.simulator.faults.clear()
                    self.simulator.fault(fault, *step)
                    self.push(move)
                    self._run(6)
                    logs = self._file_logs(move)
                    self.assertEqual(set(logs.mapped("state")), {"done"}, logs.mapped("error_message"))
                    there = [documents for _name, one, documents in self.remote_files() if one == content]
                    remote_id = self.connection._ledger_link(move, move._ledger_remote_type()).remote_id
                    self.assertEqual(there, [[remote_id]])
