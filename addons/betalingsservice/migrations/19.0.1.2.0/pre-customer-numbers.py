"""A number that was moved to another customer stands on two agreements: the constraint becomes an index."""


def migrate(cr, version):
    cr.execute(
        "ALTER TABLE betalingsservice_agreement DROP CONSTRAINT IF EXISTS betalingsservice_agreement_customer_key_uniq"
    )
    cr.execute("ALTER TABLE betalingsservice_agreement ADD COLUMN IF NOT EXISTS is_moved boolean")
