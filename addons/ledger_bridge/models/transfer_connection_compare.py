from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import formatLang

from ..records import ZERO

# An open amount that is remembered is asked for again after so many days at the latest.
REMEMBERED_DAYS = 7


@dataclass(frozen=True)
class Move:
    """One customer document of ours; amounts in its currency, positive."""

    id: int
    name: str
    is_credit_note: bool
    currency: str
    total: Decimal
    residual: Decimal
    date: date


@dataclass
class Both:
    """Counts and sums of both sides in one currency; credit notes count negative."""

    count_here: int = 0
    count_there: int = 0
    total_here: Decimal = ZERO
    total_there: Decimal = ZERO
    open_here: Decimal = ZERO
    open_there: Decimal = ZERO

    def add_here(self, move):
        sign = -1 if move.is_credit_note else 1
        self.count_here += 1
        self.total_here += sign * move.total
        self.open_here += sign * move.residual

    def add_there(self, remote, remaining):
        if remote["state"] != "booked":
            return
        sign = -1 if remote["is_credit_note"] else 1
        self.count_there += 1
        self.total_there += sign * remote["total"]
        self.open_there += sign * remaining


class Remaining:
    """What is open of a document over there. Where a list does not tell it and each must be asked for, it is remembered
    with the moment of the document's last change, and asked for again when that moves, and once a week."""

    def __init__(self, connection):
        self.connection = connection
        self.weekday = connection._company_today().toordinal() % REMEMBERED_DAYS
        self.read = {}

    def of(self, remote, link):
        if remote["state"] == "draft":
            return remote["total"]
        if "remaining" in remote:
            return remote["remaining"]
        if remote["is_paid"]:
            return ZERO
        stamp = remote.get("updated")
        is_remembered = link and stamp and link.remote_stamp == stamp and link.id % REMEMBERED_DAYS != self.weekday
        if is_remembered and link.remote_open:
            return Decimal(link.remote_open)
        amount = self.connection._ledger_read_remaining(remote)
        if link and stamp:
            self.read[link.id] = (stamp, str(amount))
        return amount

    def keep(self):
        """Remember what was asked for."""
        links = self.connection.env["ledger.link"].sudo()
        for link_id, (stamp, amount) in self.read.items():
            links.browse(link_id).write({"remote_stamp": stamp, "remote_open": amount})


class TransferConnectionCompare(models.Model):
    """The difference check: Odoo against the outside ledger, both ways."""

    _inherit = "transfer.connection"

    ledger_compare_totals = fields.Text(string="Totals", readonly=True, copy=False)
    ledger_opening_date = fields.Datetime(string="Opening Checked", readonly=True, copy=False)

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
        older_ids, first_day = connection._ledger_pushed_before(date_from)
        remotes = connection._ledger_list_status(first_day, connection._company_today() + timedelta(days=366))
        by_id = {(remote["is_credit_note"], remote["remote_id"]): remote for remote in remotes}
        moves = connection._ledger_moves_to_compare(older_ids)
        links = connection._ledger_links_by_move()
        remaining = Remaining(connection)
        values, totals = [], {}
        for move in moves:
            link = links.get(move.id)
            remote = by_id.pop(link and (link.remote_type == "credit_note", link.remote_id), None)
            if link and not remote:
                # not in the period over there (another date): ask for this one before calling it missing
                remote = connection._ledger_read_invoice(link.remote_id)
            there = remaining.of(remote, link) if remote else None
            values += connection._ledger_compare_move(move, remote, link, there)
            totals.setdefault(move.currency, Both()).add_here(move)
            if remote:
                totals.setdefault(remote["currency"], Both()).add_there(remote, there)
        strangers = connection._ledger_strangers(list(by_id.values()))
        for remote in by_id.values():
            if remote not in strangers and (remote.get("date") or str(date_from)) < str(date_from):
                continue  # from before the comparison, listed only for the sake of what was pushed of that time
            values.append(connection._ledger_missing_here(remote, remote in strangers))
            totals.setdefault(remote["currency"], Both()).add_there(remote, remaining.of(remote, None))
        remaining.keep()
        values += connection._ledger_compare_debtors(totals)
        connection.ledger_difference_ids.filtered(lambda one: one.kind != "opening").unlink()
        self.env["ledger.difference"].sudo().create([one | {"check_date": now} for one in values])
        connection.write(
            {
                "ledger_compare_date": now,
                "ledger_compare_count": len(moves),
                "ledger_compare_totals": "\n".join(
                    connection._ledger_totals_text(currency, both) for currency, both in sorted(totals.items())
                ),
                "ledger_looks_first": bool(strangers),
            }
        )
        return {
            "invoices_here": len(moves),
            "invoices_there": len(remotes),
            "differences": [one["message"] for one in values],
        }

    def _ledger_pushed_before(self, day):
        """What was pushed although it is dated before the comparison begins.

        :return: ``(ids of account.move, the oldest one's date, else day)``
        """
        self.ensure_one()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT move.id, move.invoice_date
                  FROM ledger_link link JOIN account_move move ON move.id = link.res_id
                 WHERE link.connection_id = %s AND link.res_model = 'account.move'
                   AND link.remote_type IN ('invoice', 'credit_note')
                   AND move.state = 'posted' AND move.invoice_date < %s
                """,
                self.id,
                day,
            )
        )
        return [row[0] for row in rows], min((row[1] for row in rows), default=day)

    def _ledger_moves_to_compare(self, older_ids):
        """The customer documents that belong there, as plain rows: of tens of thousands no record is made.

        :param older_ids: those that are dated before the comparison begins and were pushed
        """
        self.ensure_one()
        self.env["account.move"].flush_model()
        domain = Domain(self._ledger_moves_domain()) | Domain("id", "in", older_ids)
        query = self.env["account.move"].sudo()._search(domain, order="id")
        table = SQL.identifier(query.table)
        rows = self.env.execute_query(
            query.select(
                *(
                    SQL("%s.%s", table, SQL.identifier(name))
                    for name in ("id", "name", "move_type", "currency_id", "amount_total", "amount_residual")
                ),
                SQL("%s.%s", table, SQL.identifier("invoice_date")),
            )
        )
        currencies = self.env["res.currency"].browse({currency_id for _id, _name, _type, currency_id, *_rest in rows})
        names = {one.id: (one.name, Decimal(1).scaleb(-one.decimal_places)) for one in currencies}
        return [
            Move(
                record_id,
                name,
                move_type == "out_refund",
                names[currency_id][0],
                Decimal(str(total)).quantize(names[currency_id][1], ROUND_HALF_UP),
                Decimal(str(residual)).quantize(names[currency_id][1], ROUND_HALF_UP),
                day,
            )
            for record_id, name, move_type, currency_id, total, residual, day in rows
        ]

    def _ledger_totals_text(self, currency, both):
        return self.env._(
            "%(currency)s: %(count_here)s documents here of %(total_here)s, open %(open_here)s; %(count_there)s there"
            " of %(total_there)s, open %(open_there)s",
            currency=currency,
            count_here=both.count_here,
            total_here=formatLang(self.env, float(both.total_here), digits=2),
            open_here=formatLang(self.env, float(both.open_here), digits=2),
            count_there=both.count_there,
            total_there=formatLang(self.env, float(both.total_there), digits=2),
            open_there=formatLang(self.env, float(both.open_there), digits=2),
        )

    def action_ledger_check_opening(self):
        """Compare once what customers owed before the first day both sides are compared from."""
        self.ensure_one()
        self.check_access("write")
        with self._ledger_errors_as_text():
            self._ledger_check_opening()
        return self.action_view_ledger_differences()

    def _ledger_check_opening(self):
        """Open documents dated before the comparison begins, both sides, per currency and in all."""
        connection = self.sudo().with_company(self.company_id)
        start = connection.ledger_compare_from or connection._company_today()
        remotes = connection._ledger_list_status(date(2000, 1, 1), start - timedelta(days=1))
        remaining, totals = Remaining(connection), {}
        for remote in remotes:
            if remote["state"] == "booked" and not remote["is_paid"]:
                totals.setdefault(remote["currency"], Both()).add_there(remote, remaining.of(remote, None))
        domain = [
            ("company_id", "=", connection.company_id.id),
            ("parent_state", "=", "posted"),
            ("account_type", "=", "asset_receivable"),
            ("date", "<", start),
            ("amount_residual_currency", "!=", 0),
        ]
        groups = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(domain, ["currency_id"], ["__count", "amount_residual_currency:sum"])
        )
        for currency, count, amount in groups:
            both = totals.setdefault(currency.name, Both())
            both.count_here += count
            both.open_here += Decimal(str(currency.round(amount))).quantize(ZERO)
        values = [
            connection._ledger_difference_values(
                "opening",
                both.open_here,
                both.open_there,
                self.env._(
                    "What customers owed in %(currency)s before %(day)s is not the same.", currency=currency, day=start
                ),
                currency=currency,
            )
            for currency, both in sorted(totals.items())
            if both.open_here != both.open_there
        ]
        connection.ledger_difference_ids.filtered(lambda one: one.kind == "opening").unlink()
        now = fields.Datetime.now()
        self.env["ledger.difference"].sudo().create([one | {"check_date": now} for one in values])
        connection.ledger_opening_date = now

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

    def _ledger_compare_move(self, move, remote, link, there):
        """Differences of one invoice of ours. ``there``: what is open over there."""
        common = {"move_id": move.id, "currency": move.currency}
        if not remote:
            text = (
                self.env._("%(name)s was pushed, but is no longer there.", name=move.name)
                if link
                else self.env._("%(name)s is not there.", name=move.name)
            )
            return [self._ledger_difference_values("missing_there", move.total, ZERO, text, **common)]
        common |= {"remote_id": remote["remote_id"], "remote_number": remote["number"]}
        if remote["state"] == "draft":
            text = self.env._("%(name)s is still a draft there.", name=move.name)
            return [self._ledger_difference_values("not_booked", move.total, remote["total"], text, **common)]
        found = []
        if remote["total"] != move.total:
            text = self.env._("%(name)s does not have the same total.", name=move.name)
            found.append(self._ledger_difference_values("amount", move.total, remote["total"], text, **common))
        changed = self._ledger_changed_text(move, remote, link)
        if changed:
            found.append(self._ledger_difference_values("changed", move.total, remote["total"], changed, **common))
        if there != move.residual:
            text = self.env._("%(name)s is not equally paid.", name=move.name)
            found.append(self._ledger_difference_values("open_amount", move.residual, there, text, **common))
        return found

    def _ledger_changed_text(self, move, remote, link):
        """What somebody changed over there besides the amount."""
        parts = []
        if remote["currency"] != move.currency:
            parts.append(self.env._("currency %(value)s", value=remote["currency"]))
        if remote.get("date") and remote["date"] != str(move.date):
            parts.append(self.env._("date %(value)s", value=remote["date"]))
        if link.remote_number and remote["number"] != link.remote_number:
            parts.append(self.env._("number %(value)s", value=remote["number"]))
        return parts and self.env._("%(name)s was changed there: %(what)s.", name=move.name, what=", ".join(parts))

    def _ledger_missing_here(self, remote, is_ours=False):
        number = remote["number"] or "-"
        if is_ours:
            text = self.env._(
                "Number %(number)s was made by this connection, but is not known here. Was a backup restored?",
                number=number,
            )
        else:
            text = self.env._("Number %(number)s is there, but was not made in Odoo.", number=number)
        return self._ledger_difference_values(
            "missing_here",
            ZERO,
            remote["total"],
            text,
            currency=remote["currency"],
            remote_id=remote["remote_id"],
            remote_number=remote["number"],
        )

    def _ledger_compare_debtors(self, totals):
        return [
            self._ledger_difference_values(
                "debtors",
                both.open_here,
                both.open_there,
                self.env._("What customers owe in %(currency)s is not the same.", currency=currency),
                currency=currency,
            )
            for currency, both in sorted(totals.items())
            if both.open_here != both.open_there
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
