"""Lines that changes began before they knew which line they continue: regulations of the one go on with the other.

As a change writes it today: the line before; whether its price goes on; until when regulations are in the price the
line began with. A price that differs by now is one of its own.
"""


def migrate(cr, version):
    # a change that is undone has taken its line away or left it archived: neither goes on
    cr.execute(
        """
        SELECT line.id, old.id,
               old.product_id IS NOT DISTINCT FROM line.product_id
                   AND old.price_unit IS NOT DISTINCT FROM line.price_unit,
               line.date_start
          FROM subscription_change_line item
          JOIN subscription_change change ON change.id = item.change_id
          JOIN subscription_line old ON old.id = item.line_id
          JOIN subscription_line line ON line.id = item.new_line_id
         WHERE change.state = 'confirmed' AND item.action = 'change' AND line.continues_id IS NULL
         ORDER BY line.id
        """
    )
    # the line before comes first: what it hands on is known when its follower asks
    for line, before, keeps_price, day in cr.fetchall():
        cr.execute(
            """
            UPDATE subscription_line line
               SET continues_id = old.id, is_price_continued = %s,
                   price_base_date = GREATEST(
                       old.price_base_date,
                       (SELECT MAX(price.date_due) FROM subscription_indexation_line price
                         WHERE price.line_id = old.id AND price.state = 'applied' AND price.date_effect <= %s),
                       %s)
              FROM subscription_line old
             WHERE line.id = %s AND old.id = %s
            """,
            [keeps_price, day, None if keeps_price else day, line, before],
        )
