import json

from odoo import models

from odoo.addons.transfer_log.exceptions import RejectedError

from .. import contacts


class TransferConnectionInStep(models.Model):
    """How a linked contact or product is brought in step with its counterpart, field by field."""

    _inherit = "transfer.connection"

    def _ledger_bring_in_step(self, what, record, link, directions, ours, names):
        """Reads before it writes, and reads back.

        :param str what: ``contact`` or ``product``, as in the names of the adapters' hooks
        :param dict directions: as ``contacts.plan``
        :param ours: the values of ``record``; ``names``: every field such a record may have
        :return: ``{"remote_id", "request", "response"}``
        """
        read, write = (getattr(self, f"_ledger_{what}_{verb}") for verb in ("read", "write"))
        theirs = read(link.remote_id)
        if theirs is None:
            raise RejectedError(
                self.env._("%(name)s was deleted in the ledger.", name=record.display_name),
                advice=self.env._("Restore it there, or delete its line under Linked Documents and push it anew."),
            )
        snapshot = json.loads(link.contact_snapshot) if link.contact_snapshot else None
        send, take, conflicts = contacts.plan(directions, ours, theirs, snapshot)
        if conflicts:
            self._ledger_refuse_conflicts(what, record, conflicts, ours, theirs)
        if send:
            write(link.remote_id, send)
            self._ledger_check_kept(send, read(link.remote_id))
        if take:
            getattr(record, f"_ledger_take_{what}_values")(take)
        link.contact_snapshot = json.dumps(contacts.in_step(ours, theirs, send, take, snapshot, names))
        return {"remote_id": link.remote_id, "request": send or None, "response": theirs}

    def _ledger_check_kept(self, sent, kept):
        """What was sent is there as it was sent: keys nobody knows there are dropped silently."""
        lost = [name for name, value in sent.items() if ((kept or {}).get(name) or "") != value]
        if lost:
            raise RejectedError(
                self.env._(
                    "%(ledger)s did not keep what was sent: %(fields)s.", ledger=self.name, fields=", ".join(lost)
                ),
                request=sent,
                response=kept,
            )

    def _ledger_refuse_conflicts(self, what, record, names, ours, theirs):
        labels = dict(self.env[f"ledger.{what}.field"]._fields["field"]._description_selection(self.env))
        raise RejectedError(
            self.env._("%(name)s was changed on both sides:", name=record.display_name)
            + "".join(
                "\n"
                + self.env._(
                    "%(field)s: “%(ours)s” here, “%(theirs)s” there",
                    field=labels[name],
                    ours=ours.get(name) or "",
                    theirs=theirs.get(name) or "",
                )
                for name in names
            ),
            advice=self.env._("Enter the right value on both sides, then choose Retry."),
            response=theirs,
        )
