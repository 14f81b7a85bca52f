"""Installation on a living database: types and orders of deposits already made, by SQL."""

from odoo.tools.sql import column_exists


def pre_init_hook(env):
    cr = env.cr
    if not column_exists(cr, "account_move", "prepayment_invoice_type"):
        cr.execute("ALTER TABLE account_move ADD COLUMN prepayment_invoice_type varchar")
    if not column_exists(cr, "account_move_line", "prepayment_order_id"):
        cr.execute("ALTER TABLE account_move_line ADD COLUMN prepayment_order_id integer")
    cr.execute(
        """
        UPDATE account_move move
           SET prepayment_invoice_type = CASE
                   WHEN kind.deposits = kind.lines THEN 'prepayment'
                   WHEN kind.deposits > 0 THEN 'final'
                   ELSE 'standard'
               END
          FROM (
                SELECT move.id, COUNT(line.id) AS lines, COUNT(line.id) FILTER (WHERE line.is_downpayment) AS deposits
                  FROM account_move move
                  JOIN account_move_line aml ON aml.move_id = move.id
                  JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = aml.id
                  JOIN sale_order_line line ON line.id = rel.order_line_id
                 WHERE move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                 GROUP BY move.id
               ) kind
         WHERE kind.id = move.id
        """
    )
    cr.execute(
        """
        UPDATE account_move SET prepayment_invoice_type = 'standard'
         WHERE prepayment_invoice_type IS NULL AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')
        """
    )
    cr.execute(
        """
        UPDATE account_move_line aml
           SET prepayment_order_id = line.order_id
          FROM sale_order_line_invoice_rel rel
          JOIN sale_order_line line ON line.id = rel.order_line_id
         WHERE rel.invoice_line_id = aml.id AND line.is_downpayment AND aml.display_type = 'product'
        """
    )


def post_init_hook(env):
    for company in env["res.company"].search([]):
        company._set_default_prepayment_account()
