from odoo.tests import tagged

from odoo.addons.ledger_bridge.tests.contract_files import PNG, FileContract

from .common import DineroCommon


@tagged("post_install", "-at_install")
class TestDineroFiles(FileContract, DineroCommon):
    file_steps = (("POST", r"/files$"), ("POST", r"/attachments/"))
    file_limit = 6 * 1024 * 1024

    def setUp(self):
        super().setUp()
        self.adapter_setup()

    def remote_files(self):
        return [(one["name"], one["content"], one["linked"]) for one in self.simulator.organisation.files.values()]

    def test_file_is_found_by_its_content_where_no_name_is_told(self):
        self.connection.ledger_files = "all"
        self.simulator.files_tell_names = False
        move = self.file_document()
        self._attach(move, "billede.png", PNG)
        self.simulator.fault("timeout_after", "POST", r"/files$", times=2)
        self.push(move)
        self._run(5)
        self.assertEqual(set(move.ledger_file_ids.mapped("state")), {"done"})
        self.assertEqual(len(self.remote_files()), 2)

    def test_names_there_are_plain_and_tell_ours(self):
        self.connection.ledger_files = "all"
        move = self.file_document()
        self._attach(move, "Følgeseddel nr. 5/æ.png", PNG)
        self.push(move)
        self._run()
        names = [name for name, _content, _documents in self.remote_files()]
        self.assertTrue(any(name.startswith("Foelgeseddel-nr-5-ae-") and name.endswith(".png") for name in names))
