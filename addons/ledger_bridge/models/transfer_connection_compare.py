from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models

from ..records import ZERO


class TransferConnectionCompare(models.Model):
    """The difference check: Odoo against the outside ledger, both ways."""

    _inherit = "transfer.connection"

    def action_compare(self):
        """Compare now and show what differs."""
        self.ensure_one()
        self.check_access("write")
        with self._ledger_errors_as_text():
            self._ledger_compare()
        return self.action_view_ledger_differences()

    @api.model
    def _cron_ledger_compare(self):
        """Once a day, through the queue, so that errors are seen and repeated like any other transfer."""
        for connection in self.search([("is_ledger", "=", True)]):
            today = connection._company_today()
            connection._transfer_enqueue("compare", connection, f"compare:{today}", direction="in")

    def _ledger_compare(self):
        """Find all differences anew. :return: what was compared, for the log"""
        self.ensure_one()
        connection = self.sudo().with_company(self.company_id)
        now = fields.Datetime.now()
        date_from = connection.ledger_compare_from or connection._company_today()
        remotes = connection._ledger_list_invoices(date_from, connection._company_today() + timedelta(days=366))
        by_id = {(remote["is_credit_note"], remote["remote_id"]): remote for remote in remotes}
        moves = self.env["account.move"].sudo().search(connection._ledger_moves_domain(), order="id")
        links = connection._ledger_links_by_move()
        values = []
        debtors = {}
        for move in moves:
            link = links.get(move.id)
            key = link and (link.remote_type == "credit_note", link.remote_id)
            remote = by_id.pop(key, None)
            if link and not remote:
                # not in the period over there (another date): ask for this one before calling it missing
                remote = connection._ledger_read_invoice(link.remote_id)
            values += connection._ledger_compare_move(move, remote, link)
            totals = debtors.setdefault(move.currency_id.name, [ZERO, ZERO])
            sign = -1 if move.move_type == "out_refund" else 1
            totals[0] += sign * move._ledger_amount(move.amount_residual)
            totals[1] += sign * remote["remaining"] if remote and remote["state"] == "booked" else ZERO
        for remote in by_id.values():
            values.append(connection._ledger_missing_here(remote))
            totals = debtors.setdefault(remote["currency"], [ZERO, ZERO])
            sign = -1 if remote["is_credit_note"] else 1
            totals[1] += sign * remote["remaining"] if remote["state"] == "booked" else ZERO
        values += connection._ledger_compare_debtors(debtors)
        connection.ledger_difference_ids.unlink()
        self.env["ledger.difference"].sudo().create([one | {"check_date": now} for one in values])
        connection.write({"ledger_compare_date": now, "ledger_compare_count": len(moves)})
        return {
            "invoices_here": len(moves),
            "invoices_there": len(remotes),
            "differences": [one["message"] for one in values],
        }

    def _ledger_links_by_move(self):
        links = (
            self.env["ledger.link"]
            .sudo()
            .search(
                [
                    ("connection_id", "=", self.id),
                    ("res_model", "=", "account.move"),
                    ("remote_type", "in", ("invoice", "credit_note")),
                ]
            )
        )
        return {link.res_id: link for link in links}

    def _ledger_compare_move(self, move, remote, link):
        """Differences of one invoice of ours."""
        here = move._ledger_amount(move.amount_total)
        common = {"move_id": move.id, "currency": move.currency_id.name}
        if not remote:
            text = (
                self.env._("%(name)s was pushed, but is no longer there.", name=move.name)
                if link
                else self.env._("%(name)s is not there.", name=move.name)
            )
            return [self._ledger_difference_values("missing_there", here, ZERO, text, **common)]
        common |= {"remote_id": remote["remote_id"], "remote_number": remote["number"]}
        if remote["state"] == "draft":
            text = self.env._("%(name)s is still a draft there.", name=move.name)
            return [self._ledger_difference_values("not_booked", here, remote["total"], text, **common)]
        found = []
        if remote["total"] != here:
            text = self.env._("%(name)s does not have the same total.", name=move.name)
            found.append(self._ledger_difference_values("amount", here, remote["total"], text, **common))
        residual = move._ledger_amount(move.amount_residual)
        if remote["remaining"] != residual:
            text = self.env._("%(name)s is not equally paid.", name=move.name)
            found.append(self._ledger_difference_values("open_amount", residual, remote["remaining"], text, **common))
        return found

    def _ledger_missing_here(self, remote):
        text = self.env._("Number %(number)s is there, but was not made in Odoo.", number=remote["number"] or "-")
        return self._ledger_difference_values(
            "missing_here",
            ZERO,
            remote["total"],
            text,
            currency=remote["currency"],
            remote_id=remote["remote_id"],
            remote_number=remote["number"],
        )

    def _ledger_compare_debtors(self, debtors):
        return [
            self._ledger_difference_values(
                "debtors",
                here,
                there,
                self.env._("What customers owe in %(currency)s is not the same.", currency=currency),
                currency=currency,
            )
            for currency, (here, there) in sorted(debtors.items())
            if here != there
        ]

    def _ledger_difference_values(self, kind, here, there, message, *, currency, **values):
        currency_record = self.env["res.currency"].with_context(active_test=False).search([("name", "=", currency)])
        return values | {
            "connection_id": self.id,
            "kind": kind,
            "currency_id": (currency_record or self.company_id.currency_id).id,
            "amount_here": float(here),
            "amount_there": float(there),
            "difference": float(Decimal(there) - Decimal(here)),
            "message": message,
        }
