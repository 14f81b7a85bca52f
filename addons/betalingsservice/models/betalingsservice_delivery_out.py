import tempfile
from itertools import zip_longest

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.paymatch.formats.errors import FormatError

from ..formats import collections as collection_formats
from ..formats.delivery_0601 import Delivery, Section
from ..formats.records import Head, kroner

#: Files up to this size are written and read back in memory, larger ones on the disk.
IN_MEMORY = 8 * 1024 * 1024


class BetalingsserviceDelivery(models.Model):
    _inherit = "betalingsservice.delivery"

    @api.model
    def _create_out(self, creditor, collections):
        """Write a delivery, read it back by our own reader, and keep it. The collections belong to it from then on.

        All in one transaction: whatever stops it before its end leaves neither a delivery nor a claim behind.

        :param creditor: ``betalingsservice.creditor``
        :param collections: ``betalingsservice.collection``, locked, all ``to_send``
        """
        module = collection_formats.FORMATS[creditor.collection_format]
        delivery = self._system_create(
            {
                "company_id": creditor.company_id.id,
                "creditor_id": creditor.id,
                "direction": "out",
                "delivery_type": module.DELIVERY_TYPE,
                "subsystem": creditor.subsystem,
                "data_supplier_number": creditor.data_supplier_number,
                "delivery_number": creditor._next_delivery_number(),
                "date": creditor._local_now().date(),
                "state": "ready",
            }
        )
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            delivery._write_file(module, file, collections)
            delivery._check_file(module, file, collections)
            file.seek(0)
            delivery._attach(file.read(), module.filename(delivery._head()))
        quiet = collections.with_context(tracking_disable=True)
        quiet._system_write({"delivery_id": delivery.id, "error_message": False})
        return delivery

    def _head(self):
        self.ensure_one()
        return Head(
            data_supplier=self.data_supplier_number,
            subsystem=self.subsystem,
            delivery_type=self.delivery_type,
            delivery_number=self.delivery_number,
            created=self.date,
        )

    def _write_file(self, module, file, collections):
        self.ensure_one()
        try:
            file.writelines(module.write_lines(self._prepare_delivery(collections)))
        except FormatError as error:
            raise UserError(
                self.env._(
                    "The delivery cannot be written: %(reason)s. Nothing was delivered.",
                    reason=self._fault_text(error),
                )
            ) from error

    def _sections(self, collections):
        """``[(debtor group, section, collections)]`` in the order of the file."""
        grouped = collections.grouped(lambda c: (c.agreement_id.group_id, c.section))
        return sorted(
            ((group, section, own) for (group, section), own in grouped.items()),
            key=lambda entry: (entry[0].number, entry[1]),
        )

    def _prepare_delivery(self, collections):
        """The format's own dataclasses, one section per debtor group; the collections are made one by one."""
        self.ensure_one()
        sections = [
            Section(
                pbs_number=self.creditor_id.pbs_number,
                debtor_group=group.number,
                section=section,
                main_text=group.main_text or "",
                collections=(collection._prepare_record() for collection in own),
            )
            for group, section, own in self._sections(collections)
        ]
        return Delivery(head=self._head(), sections=sections)

    def _check_file(self, module, file, collections):
        """Read the file back: no fault, every collection once and in its place, amounts and total to the øre."""
        self.ensure_one()
        file.seek(0)
        reader = module.Reader(file)
        wanted = [collection for _group, _section, own in self._sections(collections) for collection in own]
        found = (value for event, value in reader.events() if event == "collection")
        faults = [
            self._misplaced_text(written, collection)
            for written, collection in zip_longest(found, wanted)
            if not self._is_same(written, collection)
        ]
        walker = reader.walker
        faults = [self._fault_text(fault) for fault in walker.all_faults()] + faults
        total = sum(collections.mapped("amount"))
        if self.currency_id.compare_amounts(float(kroner(walker.total.amount)), total):
            faults.append(
                self.env._(
                    "The file adds up to %(found)s, the collections to %(wanted)s.",
                    found=self.currency_id.format(float(kroner(walker.total.amount))),
                    wanted=self.currency_id.format(total),
                )
            )
        if walker.head != self._head():
            faults.append(self.env._("The start of the file does not name this delivery."))
        if faults:
            raise UserError(
                self.env._(
                    "The delivery does not agree with what was to be delivered:\n%(faults)s",
                    faults="\n".join(faults[:20]),
                )
            )
        dates = [date for date in collections.mapped("payment_date") if date]
        self._system_write(
            {
                "payment_count": walker.total.payments,
                "record_count": walker.records,
                "amount_total": total,
                "date_from": min(dates),
                "date_to": max(dates),
            }
        )

    def _is_same(self, written, collection):
        """What stands in the file is what was to be drawn."""
        return bool(
            written
            and collection
            and written.reference == collection.reference
            and written.customer_number == collection.customer_number
            and written.payment_date == collection.payment_date
            and written.amount == kroner(round(collection.amount * 100))
        )

    def _misplaced_text(self, written, collection):
        if not collection:
            return self.env._("Line %(line)s: one collection too many.", line=written.line)
        if not written:
            return self.env._("%(reference)s is missing in the file.", reference=collection.reference)
        return self.env._(
            "Line %(line)s: %(found)s stands where %(wanted)s should be.",
            line=written.line,
            found=f"{written.reference} {written.amount}",
            wanted=f"{collection.reference} {collection.amount:.2f}",
        )

    def action_mark_sent(self):
        self._mark_sent()
        return True

    def _mark_sent(self):
        """The file has left: from now on the collections can no longer be changed here."""
        for delivery in self:
            if delivery.state == "sent":
                continue
            if delivery.direction != "out" or delivery.state != "ready":
                raise UserError(self.env._("%(name)s is not waiting to be sent.", name=delivery.name))
            delivery._file_content()
            delivery._system_write({"state": "sent", "sent_date": fields.Datetime.now()})
            # The delivery is the trail: a note on each of thousands would only repeat it.
            waiting = delivery.collection_ids.filtered(lambda c: c.state == "to_send")
            waiting.with_context(tracking_disable=True)._system_write({"state": "delivered"})

    def action_open_collections(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("betalingsservice.betalingsservice_collection_action")
        field = "discarded_delivery_ids" if self.state == "cancelled" else "delivery_id"
        return {**action, "domain": [(field, "=", self.id)], "context": {}}

    def action_open_report(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "paymatch.report",
            "res_id": self.report_id.id,
            "view_mode": "form",
        }
