"""Ways of payment of renewals become rows of the one table "Ways of Payment and Terms" (docs/decisions/0031)."""

OLD, NEW = "subscription_renewal_way", "subscription_payment_way"


def migrate(cr, version):
    cr.execute("SELECT to_regclass(%s)", [OLD])
    if not cr.fetchone()[0]:
        return
    cr.execute(f"ALTER TABLE {OLD} RENAME TO {NEW}")
    cr.execute(f"ALTER SEQUENCE IF EXISTS {OLD}_id_seq RENAME TO {NEW}_id_seq")
    cr.execute(f"ALTER TABLE {NEW} DROP CONSTRAINT IF EXISTS {OLD}_code_uniq")
    cr.execute(f"DROP INDEX IF EXISTS {OLD}__source_id_index")
    cr.execute(f"ALTER TABLE {NEW} ADD COLUMN IF NOT EXISTS name varchar, ADD COLUMN IF NOT EXISTS method varchar")
    cr.execute(
        f"UPDATE {NEW} SET name = COALESCE(name, code),"
        " method = COALESCE(method, CASE kind WHEN 'paid' THEN 'outside' ELSE 'transfer' END)"
    )
    old, new = OLD.replace("_", "."), NEW.replace("_", ".")
    cr.execute("UPDATE ir_model SET model = %s WHERE model = %s", [new, old])
    cr.execute("UPDATE ir_model_fields SET model = %s WHERE model = %s", [new, old])
    cr.execute("UPDATE ir_model_fields SET relation = %s WHERE relation = %s", [new, old])
    cr.execute("DELETE FROM ir_model_constraint WHERE name = %s", [f"{OLD}_code_uniq"])
    cr.execute(
        "DELETE FROM ir_model_data WHERE module = 'subscription_billing' AND name = %s", [f"constraint_{OLD}_code_uniq"]
    )
    cr.execute(
        "UPDATE ir_model_data SET name = replace(name, %s, %s) WHERE module = 'subscription_billing' AND name LIKE %s",
        [OLD, NEW, f"%{OLD.replace('_', chr(92) + '_')}%"],
    )
