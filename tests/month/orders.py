"""Step 4: an order made to measure: 30 % deposit, production that waits for the money, a final invoice to the øre."""

from decimal import Decimal

from odoo.exceptions import UserError

from tests.factories.odoo import PartnerFactory, ProductFactory

from .controls import danish

PERCENT = 30.0


def prepare(month):
    """A beer brewed to order (manufactured), the deposit rule for it, and its customer."""
    env = month.env
    env["prepayment.policy"].create(
        {"name": "Specialbryg: 30 % forud", "percent": PERCENT, "invoice_mode": "post", "sequence": 5}
        | {"categ_id": _category(env).id}
    )
    malt = ProductFactory.create(env=env, name="Malt, kg", type="consu", is_storable=True, standard_price=9.0)
    beer = ProductFactory.create(
        env=env,
        name="Specialbryg på bestilling, 1.000 l",
        type="consu",
        is_storable=True,
        list_price=38333.35,
        categ_id=_category(env).id,
        route_ids=[(6, 0, _make_to_order(env).ids)],
        bom_ids=[],
    )
    env["mrp.bom"].create(
        {
            "product_tmpl_id": beer.product_tmpl_id.id,
            "product_qty": 1,
            "bom_line_ids": [(0, 0, {"product_id": malt.id, "product_qty": 220})],
        }
    )
    env["stock.quant"].create(
        {"product_id": malt.id, "location_id": env.ref("stock.stock_location_stock").id, "quantity": 2000}
    )
    customer = PartnerFactory.create(env=env, name="Hotel Kyst A/S", vat="DK98765409")
    month.records.update(special=beer, malt=malt, special_customer=customer)


def _category(env):
    name = "Specialbryg"
    found = env["product.category"].search([("name", "=", name)], limit=1)
    return found or env["product.category"].create({"name": name})


def _make_to_order(env):
    route = env.ref("stock.route_warehouse0_mto")
    route.active = True
    return route | env.ref("mrp.route_warehouse0_manufacture")


def confirm(month):
    """Confirm: the deposit invoice is there, the manufacturing order too, and it cannot be started."""
    env = month.env
    order = env["sale.order"].create(
        {
            "partner_id": month.records["special_customer"].id,
            "client_order_ref": "KYST-4711",
            "order_line": [(0, 0, {"product_id": month.records["special"].id, "product_uom_qty": 1})],
        }
    )
    order.action_confirm()
    deposit = order._get_prepayment_invoices()
    production = order.mrp_production_ids
    assert len(deposit) == 1 and deposit.state == "posted", deposit.mapped("state")
    assert len(production) == 1 and production.prepayment_hold_state == "held"
    refusal = _refusal(production)
    assert refusal, "the manufacturing order could be started without the deposit"
    month.records.update(order=order, deposit=deposit, production=production)
    waiting = order.copy({"client_order_ref": "KYST-4712"})
    waiting.order_line.product_uom_qty = 2
    waiting.action_confirm()
    assert waiting.prepayment_state == "invoiced", waiting.prepayment_state
    month.records["waiting_order"] = waiting
    return [
        f"Ordre {order.name} {danish(order.amount_total)}: forudbetaling {deposit.name} {danish(deposit.amount_total)}",
        f"Produktion {production.name} venter: {refusal}",
    ]


def _refusal(production):
    try:
        with production.env.cr.savepoint():
            production.button_mark_done()
    except UserError as error:
        return str(error.args[0]).split("\n")[0]
    return ""


def produce(month):
    """After the money: produce, deliver, make the final invoice; the documents add up to the order to the øre."""
    order, production = month.records["order"], month.records["production"]
    month.refresh()
    assert production.prepayment_hold_state == "released", production.prepayment_hold_state
    production.action_assign()
    production.qty_producing = production.product_qty
    production._set_qty_producing()
    production.move_raw_ids.picked = True
    production.with_context(skip_backorder=True).button_mark_done()
    assert production.state == "done", production.state
    for picking in order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")):
        picking.action_assign()
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
    order.action_create_final_invoice()
    final = order.invoice_ids.filtered(lambda move: move.prepayment_invoice_type == "final")
    if final.state == "draft":
        final.action_post()
    total = sum(Decimal(str(move.amount_total_signed)) for move in order.invoice_ids if move.state == "posted")
    assert total == Decimal(str(order.amount_total)), (total, order.amount_total)
    month.records["final"] = final
    return [
        f"Produktion frigivet af betalingen og færdig; slutfaktura {final.name} {danish(final.amount_total)}",
        f"Forudbetaling + slutfaktura = {danish(total)} = ordrens total, difference 0,00",
    ]
