"""Sell in a database without our addons, install them, and compare: living.py DATABASE.

Prints one JSON object: {"compared": {field: records}, "differences": [...], "orders": {order: deposit state}}. What the
installation has stored must be what the ORM computes.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "script" / "lib"))

MODELS = ("account.move", "account.move.line", "sale.order", "mrp.production", "res.partner")


def sell(env):
    """Five orders: a deposit invoiced, one paid, one in draft, one without, and a quotation."""
    if not env.company.chart_template:
        env["account.chart.template"].try_loading("dk", env.company, install_demo=False)
    partner = env["res.partner"].create({"name": "Skovbryn Møbler ApS", "country_id": env.ref("base.dk").id})
    product = env["product.product"].create({"name": "Bord", "type": "service", "list_price": 1000.0})
    lines = [(0, 0, {"product_id": product.id, "product_uom_qty": 3})]
    orders = env["sale.order"].create([{"partner_id": partner.id, "order_line": lines} for _ in range(5)])
    orders[:4].action_confirm()
    invoiced, paid, draft, _without, _quotation = orders
    deposits = {order: _deposit(order) for order in (invoiced, paid, draft)}
    (deposits[invoiced] | deposits[paid]).action_post()
    register = env["account.payment.register"]
    register = register.with_context(active_model="account.move", active_ids=deposits[paid].ids)
    register.create({})._create_payments()
    return orders


def _deposit(order):
    values = {"sale_order_ids": order.ids, "advance_payment_method": "percentage", "amount": 30}
    return order.env["sale.advance.payment.inv"].create(values)._create_invoices(order)


def our_fields(env, addons):
    """Stored computed fields of ours on Odoo's own models; those a user may type in are defaults, not results."""
    for name in MODELS:
        for field in env[name]._fields.values():
            is_ours = field._modules and set(field._modules) <= addons
            if is_ours and field.compute and field.store and field.readonly:
                yield field


def compare(env, addons):
    compared, differences = {}, []
    for field in our_fields(env, addons):
        records = env[field.model_name].with_context(active_test=False, tracking_disable=True).search([], order="id")
        stored = {record: record[field.name] for record in records}
        env.add_to_compute(field, records)
        compared[str(field)] = len(records)
        differences += [
            f"{field} of {record.display_name}: {stored[record]!r}, computed {record[field.name]!r}"
            for record in records
            if (record[field.name] or False) != (stored[record] or False)
        ]
    return compared, differences


def main(dbname):
    import layout
    import odoo_env

    odoo_env.configure(dbname, level="error")
    with odoo_env.environment(dbname) as env:
        orders = sell(env).ids
    from odoo.modules.registry import Registry

    addons = set(layout.our_addons())
    Registry.new(dbname, update_module=True, install_modules=sorted(addons))
    with odoo_env.environment(dbname) as env:
        states = {order.name: order.prepayment_state for order in env["sale.order"].browse(orders)}
        compared, differences = compare(env, addons)
    print(json.dumps({"compared": compared, "differences": differences, "orders": states}))


if __name__ == "__main__":
    main(*sys.argv[1:])
