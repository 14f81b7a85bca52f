"""Rows that take back a part of a charged one claim nothing (docs/decisions/0022): the claim's index leaves them out.

Odoo makes a changed index anew, but leaves one alone that has lost its comment, as after a restore without comments.
"""


def migrate(cr, version):
    cr.execute(
        "SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() AND indexname = 'subscription_period_claim_uniq'"
        " AND indexdef NOT LIKE '%is_credit%'"
    )
    if cr.rowcount:
        cr.execute("DROP INDEX subscription_period_claim_uniq")
