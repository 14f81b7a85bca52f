from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import TransactionCase


class FakeParty:
    """The other side of a wire, in memory: what it was asked to do, and how it answers."""

    def __init__(self):
        self.effects = {}  # key -> number of times carried out
        self.faults = []  # exceptions raised by the next calls, in order; None: no fault
        self.is_storing_before_fault = False
        self.lookups = 0

    def execute(self, log):
        fault = self.faults.pop(0) if self.faults else None
        if fault is None or self.is_storing_before_fault:
            self.effects[log.key] = self.effects.get(log.key, 0) + 1
        if fault is not None:
            raise fault
        return {
            "remote_id": f"R-{log.key}",
            "request": {"name": log.document_name, "access_token": "abc"},
            "response": '{"ok": true}',
        }

    def lookup(self, log):
        self.lookups += 1
        if log.key in self.effects:
            return {"remote_id": f"R-{log.key}"}
        return None


class TransferCommon(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.lang = "en_US"
        cls.party = cls._new_party()
        cls.connection = cls._new_connection("Test party")
        cls.document = cls.env["res.partner"].create({"name": "Bageriet Æblegrød"})

    @classmethod
    def _new_party(cls):
        return FakeParty()

    @classmethod
    def _new_connection(cls, name, **values):
        return cls.env["transfer.connection"].create({"name": name, "kind": "manual"} | values)

    @contextmanager
    def connected(self, party):
        cls = self.env.registry["transfer.connection"]
        with (
            patch.object(cls, "_transfer_execute", lambda connection, log: party.execute(log)),
            patch.object(cls, "_transfer_lookup", lambda connection, log: party.lookup(log)),
        ):
            yield

    def process(self, party, connections=None):
        with self.connected(party):
            return self.env["transfer.log"]._process_queue(connections or self.connection)
