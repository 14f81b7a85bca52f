"""Ways of payment of renewals become rows of the one table "Ways of Payment and Terms" (docs/decisions/0031)."""


def migrate(cr, version):
    cr.execute("SELECT to_regclass('subscription_renewal_way')")
    if not cr.fetchone()[0]:
        return
    cr.execute(
        """
        ALTER TABLE subscription_renewal_way RENAME TO subscription_payment_way;
        ALTER SEQUENCE IF EXISTS subscription_renewal_way_id_seq RENAME TO subscription_payment_way_id_seq;
        ALTER TABLE subscription_payment_way DROP CONSTRAINT IF EXISTS subscription_renewal_way_code_uniq;
        DROP INDEX IF EXISTS subscription_renewal_way__source_id_index;
        ALTER TABLE subscription_payment_way
            ADD COLUMN IF NOT EXISTS name varchar,
            ADD COLUMN IF NOT EXISTS method varchar;
        UPDATE subscription_payment_way
           SET name = COALESCE(name, code),
               method = COALESCE(method, CASE kind WHEN 'paid' THEN 'outside' ELSE 'transfer' END);
        UPDATE ir_model SET model = 'subscription.payment.way' WHERE model = 'subscription.renewal.way';
        UPDATE ir_model_fields SET model = 'subscription.payment.way' WHERE model = 'subscription.renewal.way';
        UPDATE ir_model_fields SET relation = 'subscription.payment.way' WHERE relation = 'subscription.renewal.way';
        DELETE FROM ir_model_constraint WHERE name = 'subscription_renewal_way_code_uniq';
        DELETE FROM ir_model_data
         WHERE module = 'subscription_billing' AND name = 'constraint_subscription_renewal_way_code_uniq';
        UPDATE ir_model_data SET name = replace(name, 'subscription_renewal_way', 'subscription_payment_way')
         WHERE module = 'subscription_billing' AND position('subscription_renewal_way' IN name) > 0;
        """
    )
