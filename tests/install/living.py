"""Sell in a database without our addons, install them, sell on, update them, and compare: living.py DATABASE.

Prints one JSON object: {"compared": {field: records}, "differences": [...], "orders": [state of each order's deposit
after the installation, per cent of the order received, invoices], "abroad": [the same in a second company],
"updated": [the same after the update], "final": [final invoices made of them]}. What is stored must be what the ORM
computes, each time.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "script" / "lib"))

MODELS = ("account.move", "account.move.line", "sale.order", "mrp.production", "res.partner")


def companies(env):
    """A Danish company and a second one with a chart of its own."""
    danish = env.company
    second = env["res.company"].create({"name": "Fjordbakken AS", "country_id": env.ref("base.no").id})
    env.user.company_ids |= second
    for company, chart in ((danish, "dk"), (second, "no")):
        if not company.chart_template:
            env["account.chart.template"].try_loading(chart, company, install_demo=False)
    return danish, second


def sell(env):
    """Six orders: a deposit invoiced, paid, paid in part, in draft, none, and a quotation."""
    country = env.company.country_id or env.ref("base.dk")
    partner = env["res.partner"].create({"name": "Skovbryn Møbler ApS", "country_id": country.id})
    product = env["product.product"].create({"name": "Bord", "type": "service", "list_price": 1000.0})
    lines = [(0, 0, {"product_id": product.id, "product_uom_qty": 3})]
    orders = env["sale.order"].create([{"partner_id": partner.id, "order_line": lines} for _ in range(6)])
    orders[:5].action_confirm()
    deposits = {order: deposit(order) for order in orders[:4]}
    invoiced, paid, partly, _draft = deposits.values()
    (invoiced | paid | partly).action_post()
    pay(paid)
    pay(partly, partly.currency_id.round(partly.amount_total / 3))
    return orders


def deposit(order):
    """Core's own down payment of 30 %, a draft."""
    values = {"sale_order_ids": order.ids, "advance_payment_method": "percentage", "amount": 30}
    return order.env["sale.advance.payment.inv"].create(values)._create_invoices(order)


def pay(invoice, amount=None):
    register = invoice.env["account.payment.register"]
    register = register.with_context(active_model="account.move", active_ids=invoice.ids)
    register.create({"amount": amount} if amount else {})._create_payments()


def deposits_of(orders):
    return [
        [
            order.prepayment_state,
            round(100 * order.prepayment_received_amount / order.amount_total),
            len(order.invoice_ids),
        ]
        for order in orders
    ]


def sell_on(env, orders):
    """Between installation and update: the draft is posted, the invoiced one paid, an order gets a deposit more."""
    invoiced, _paid, partly, draft, without, _quotation = orders
    draft.invoice_ids.action_post()
    pay(invoiced.invoice_ids)
    pay(partly.invoice_ids)
    deposit(without).action_post()


def finish(orders):
    """Core's final invoices: type, total, and which deposits they name."""
    result = []
    for order in orders[:5]:
        deposits = order.invoice_ids
        final = order._create_invoices(final=True)
        final.action_post()
        named = [row["move"] for row in final._get_deducted_prepayments()] == list(deposits)
        total = final.currency_id.round(sum(order.invoice_ids.mapped("amount_total")) - order.amount_total)
        result.append([final.prepayment_invoice_type, total, named, order.prepayment_state])
    return result


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
        danish, second = companies(env)
        orders = sell(env(context={"allowed_company_ids": danish.ids})).ids
        abroad = sell(env(context={"allowed_company_ids": second.ids})).ids
    from odoo.modules.registry import Registry

    addons = set(layout.our_addons())
    Registry.new(dbname, update_module=True, install_modules=sorted(addons))
    with odoo_env.environment(dbname) as env:
        result = {
            "orders": deposits_of(env["sale.order"].browse(orders)),
            "abroad": deposits_of(env["sale.order"].browse(abroad)),
        }
        compared, differences = compare(env, addons)
        sell_on(env, env["sale.order"].browse(orders))
    Registry.new(dbname, update_module=True, upgrade_modules=["invoice_prepayment"])
    with odoo_env.environment(dbname) as env:
        result["updated"] = deposits_of(env["sale.order"].browse(orders))
        differences += compare(env, addons)[1]
        result["final"] = finish(env["sale.order"].browse(orders))
        differences += compare(env, addons)[1]
    print(json.dumps({"compared": compared, "differences": differences, **result}))


if __name__ == "__main__":
    main(*sys.argv[1:])
