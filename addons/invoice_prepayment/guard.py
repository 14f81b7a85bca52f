"""Figures that prove something are written by the program, not over RPC."""

from odoo.exceptions import AccessError


def check_proof_fields(records, vals, names):
    """Refuse ``vals`` of a user that name one of the fields ``names``.

    :raises AccessError: with the labels of the fields
    """
    touched = [] if records.env.su else sorted(set(names) & set(vals))
    if touched:
        fields = records.fields_get(touched, ["string"])
        labels = ", ".join(fields[name]["string"] for name in touched if name in fields)
        raise AccessError(
            records.env._("%s: follows the invoices and payments and is not written by hand.", labels or touched[0])
        )
