"""The books before the month: the bank's opening balance."""

from .controls import danish


def run(month):
    """Post the opening entry on the last day before the month."""
    env = month.env
    with month.at(month.start, 8):
        journal = env["account.journal"].search(
            [("type", "=", "general"), ("company_id", "=", month.company.company.id)], limit=1
        )
        equity = env["account.account"].search([("account_type", "=", "equity")], limit=1)
        date = month.start.replace(day=1)
        move = env["account.move"].create(
            {
                "journal_id": journal.id,
                "date": date,
                "ref": "Åbningsbalance",
                "line_ids": [
                    (0, 0, {"account_id": account.id, "name": "Åbningsbalance", "balance": balance})
                    for account, balance in (
                        (month.company.bank.default_account_id, month.opening_balance),
                        (equity, -month.opening_balance),
                    )
                ],
            }
        )
        move.action_post()
    return [f"Bank ved månedens start: {danish(month.opening_balance)}"]
