from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.paymatch.formats.errors import FormatError

from ..formats import delivery_0601
from ..formats.records import Head


class BetalingsserviceDelivery(models.Model):
    _inherit = "betalingsservice.delivery"

    @api.model
    def _create_0601(self, creditor, collections):
        """Write a delivery, read it back by our own reader, and keep it. The collections belong to it from then on.

        :param creditor: ``betalingsservice.creditor``
        :param collections: ``betalingsservice.collection``, locked, all ``to_send``
        """
        delivery = self._system_create(
            {
                "company_id": creditor.company_id.id,
                "creditor_id": creditor.id,
                "direction": "out",
                "delivery_type": "0601",
                "subsystem": creditor.subsystem,
                "data_supplier_number": creditor.data_supplier_number,
                "delivery_number": creditor.sudo().sequence_id.next_by_id().zfill(10),
                "date": creditor._local_now().date(),
                "state": "ready",
            }
        )
        try:
            content = delivery_0601.write(delivery._prepare_delivery(collections))
        except FormatError as error:
            raise UserError(
                self.env._("The delivery cannot be written: %(reason)s. Nothing was delivered.", reason=error)
            ) from error
        delivery._attach(content, f"BS0601_{delivery.delivery_number}.{delivery.subsystem}")
        delivery._check_file(content, collections)
        collections._system_write({"delivery_id": delivery.id, "error_message": False})
        return delivery

    def _prepare_delivery(self, collections):
        """The format's own dataclasses, one section per debtor group."""
        self.ensure_one()
        sections = []
        for group, own in sorted(
            collections.grouped(lambda c: c.agreement_id.group_id).items(), key=lambda item: item[0].number
        ):
            sections.append(
                delivery_0601.Section(
                    pbs_number=self.creditor_id.pbs_number,
                    debtor_group=group.number,
                    main_text=group.main_text or "",
                    collections=tuple(collection._prepare_record() for collection in own),
                )
            )
        head = Head(
            data_supplier=self.data_supplier_number,
            subsystem=self.subsystem,
            delivery_type="0601",
            delivery_number=self.delivery_number,
            created=self.date,
        )
        return delivery_0601.Delivery(head=head, sections=sections)

    def _check_file(self, content, collections):
        """Read the file back: no fault, every collection once, the total to the øre."""
        self.ensure_one()
        found = delivery_0601.read(content)
        total = sum(collections.mapped("amount"))
        written = {item.reference for section in found.sections for item in section.collections}
        faults = [str(fault) for fault in found.faults]
        if found.payments != len(collections) or written != set(collections.mapped("reference")):
            faults.append(
                self.env._(
                    "%(written)s collections were written, %(wanted)s should be.",
                    written=found.payments,
                    wanted=len(collections),
                )
            )
        if self.currency_id.compare_amounts(float(found.amount), total):
            faults.append(
                self.env._(
                    "The file adds up to %(found)s, the collections to %(wanted)s.",
                    found=self.currency_id.format(float(found.amount)),
                    wanted=self.currency_id.format(total),
                )
            )
        if faults:
            raise UserError(
                self.env._(
                    "The delivery does not agree with what was to be delivered:\n%(faults)s", faults="\n".join(faults)
                )
            )
        dates = [date for date in collections.mapped("payment_date") if date]
        self._system_write(
            {
                "payment_count": found.payments,
                "record_count": found.records,
                "amount_total": total,
                "date_from": min(dates),
                "date_to": max(dates),
            }
        )

    def action_mark_sent(self):
        """The file has left: from now on the collections can no longer be changed here."""
        for delivery in self:
            if delivery.state == "sent":
                continue
            if delivery.direction != "out" or delivery.state != "ready":
                raise UserError(self.env._("%(name)s is not waiting to be sent.", name=delivery.name))
            delivery._file_content()
            delivery._system_write({"state": "sent", "sent_date": fields.Datetime.now()})
            delivery.collection_ids._system_write({"state": "delivered"})
        return True

    def action_discard(self):
        """Throw away a delivery that has not been sent; its collections go into the next one."""
        for delivery in self:
            if delivery.direction != "out" or delivery.state != "ready":
                raise UserError(
                    self.env._(
                        "%(name)s has been sent and cannot be taken back. Stop single collections at the operator.",
                        name=delivery.name,
                    )
                )
            delivery.collection_ids._system_write({"delivery_id": False})
            delivery._system_write({"state": "cancelled"})
        return True

    def action_open_collections(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("betalingsservice.betalingsservice_collection_action")
        return {**action, "domain": [("delivery_id", "=", self.id)], "context": {}}

    def action_open_report(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "paymatch.report",
            "res_id": self.report_id.id,
            "view_mode": "form",
        }
