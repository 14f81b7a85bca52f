import re

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

MOST_NAMES = 5


class BetalingsserviceDelivery(models.Model):
    """A delivery that was written and not handed over: discarded with a reason, known again if it was after all."""

    _inherit = "betalingsservice.delivery"

    download_date = fields.Datetime(string="First Downloaded", readonly=True, copy=False)
    download_user_id = fields.Many2one("res.users", string="Downloaded By", readonly=True, copy=False)
    discard_date = fields.Datetime(string="Discarded", readonly=True, copy=False)
    discard_user_id = fields.Many2one("res.users", string="Discarded By", readonly=True, copy=False)
    discard_reason = fields.Char(string="Why Discarded", readonly=True, copy=False)
    discard_text = fields.Char(string="How It Was Discarded", compute="_compute_discard_text")
    discarded_collection_ids = fields.Many2many(
        "betalingsservice.collection",
        "betalingsservice_discarded_collection",
        "delivery_id",
        "collection_id",
        string="Collections of the Discarded File",
        readonly=True,
        copy=False,
        check_company=True,
    )
    receipt_name = fields.Char(
        string="Named in the Receipt",
        readonly=True,
        copy=False,
        help="A file of the operator that names this delivery.",
    )
    answer_name = fields.Char(
        string="Named in the Answer",
        readonly=True,
        copy=False,
        help="A report that answers to a collection of this delivery, which is not marked as sent.",
    )
    is_taken_after_all = fields.Boolean(
        string="Discarded, and Taken after All",
        readonly=True,
        copy=False,
        help="Betalingsservice answered to what was discarded as never handed over.",
    )
    replaces_ids = fields.Many2many(
        "betalingsservice.delivery", string="Same Collections As", compute="_compute_replaces"
    )
    replaced_by_ids = fields.Many2many("betalingsservice.delivery", string="Made Again In", compute="_compute_replaces")

    @api.depends("discard_date", "discard_user_id", "discard_reason")
    def _compute_discard_text(self):
        for delivery in self:
            delivery.discard_text = delivery.discard_date and self.env._(
                "Discarded on %(date)s by %(user)s: %(reason)s",
                date=format_datetime(self.env, delivery.discard_date),
                user=delivery.discard_user_id.name,
                reason=delivery.discard_reason,
            )

    @api.depends("state", "collection_ids", "discarded_collection_ids.delivery_id")
    def _compute_replaces(self):
        for delivery in self:
            delivery.replaces_ids = self.search([("discarded_collection_ids.delivery_id", "=", delivery.id)])
            delivery.replaced_by_ids = delivery.state == "cancelled" and self.search(
                [("collection_ids.discarded_delivery_ids", "=", delivery.id)]
            )

    def _note_download(self):
        """Who had the file first: an auditor who looks at it counts too."""
        self.check_access("read")
        if self.direction == "out" and not self.download_date:
            self.sudo().write({"download_date": fields.Datetime.now(), "download_user_id": self.env.uid})

    # Discarding

    def action_discard(self):
        """Ask what became of the file before it is thrown away."""
        self.ensure_one()
        self.check_access("write")
        self._check_discardable()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Discard %s", self.name),
            "res_model": "betalingsservice.discard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_delivery_id": self.id},
        }

    def _check_discardable(self):
        """Nothing tells that the operator has the file. Extended by what sends it."""
        for delivery in self:
            if delivery.direction != "out" or delivery.state != "ready":
                raise UserError(
                    self.env._(
                        "%(name)s has been sent and cannot be taken back. Stop single collections at the operator.",
                        name=delivery.name,
                    )
                )
            proof = delivery._taken_proof()
            if proof:
                raise UserError(
                    self.env._(
                        "%(name)s cannot be discarded: the operator has it, says %(proof)s. Press “Mark as Sent”.",
                        name=delivery.name,
                        proof=proof,
                    )
                )

    def _taken_proof(self):
        """What of the operator names the delivery: a receipt, or an answer to one of its collections."""
        self.ensure_one()
        if self.receipt_name:
            return self.receipt_name
        if self.replaces_ids.filtered("is_taken_after_all"):
            return ""  # the answers are to that one
        if self.answer_name:
            return self.answer_name
        answer = self.env["paymatch.report.line"].search(
            [("betalingsservice_collection_id.delivery_id", "=", self.id), ("report_id.error_message", "=", False)],
            limit=1,
        )
        return answer.report_id.name or ""

    def _discard(self, reason):
        """Throw the file away; its collections go into the next delivery, which shows that they were in this one.

        :param str reason: why, and how it is known that the operator has not got it
        """
        self.ensure_one()
        self.check_access("write")
        self.lock_for_update()
        self._check_discardable()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why %(name)s is discarded.", name=self.name))
        collections = self.collection_ids
        self._system_write(
            {
                "state": "cancelled",
                "discard_date": fields.Datetime.now(),
                "discard_user_id": self.env.uid,
                "discard_reason": reason,
                "discarded_collection_ids": [Command.set(collections.ids)],
            }
        )
        collections.with_context(tracking_disable=True)._system_write({"delivery_id": False})
        self.message_post(
            body=self.env._(
                "Discarded with %(count)s collections, never handed to the operator: %(reason)s",
                count=len(collections),
                reason=reason,
            )
        )

    # What was discarded and taken all the same

    def _note_taken_after_all(self, source):
        """The operator answers to a discarded file: nothing of it goes out again until somebody has looked."""
        found = self.filtered(lambda delivery: delivery.state == "cancelled" and not delivery.is_taken_after_all)
        for delivery in found:
            delivery.sudo().write({"is_taken_after_all": True})
            delivery.message_post(
                body=self.env._(
                    "%(what)s answers to this discarded delivery: it was handed over after all. Its collections stay "
                    "out of deliveries until “It Was Handed Over” is pressed here.",
                    what=source,
                )
            )
            delivery.creditor_id._ask_users(
                delivery, lambda env: env._("A discarded delivery was taken by Betalingsservice after all")
            )

    def action_handed_over(self):
        """The discarded file was handed over all the same: its collections are delivered by it."""
        for delivery in self:
            delivery.check_access("write")
            delivery.lock_for_update()
            delivery._hand_over_discarded()
        return True

    def _hand_over_discarded(self):
        self.ensure_one()
        if self.direction != "out" or self.state != "cancelled":
            raise UserError(self.env._("%(name)s was not discarded.", name=self.name))
        self.collection_ids.invalidate_recordset(["delivery_id"])
        collections = self.discarded_collection_ids
        others = collections.delivery_id
        if others:
            raise UserError(
                self.env._(
                    "Collections of %(name)s are in %(others)s too. What was not handed over has to be discarded "
                    "first. When both were handed over the payers may be drawn twice: ask Betalingsservice at once.",
                    name=self.name,
                    others=", ".join(others.mapped("name")),
                )
            )
        # what was withdrawn since is drawn by the operator all the same; its answer is decided by a person
        gone = collections.filtered(lambda c: c.state == "cancelled")
        kept = collections - gone
        self._system_write(
            {
                "state": "sent",
                "sent_date": fields.Datetime.now(),
                "is_taken_after_all": False,
                "discarded_collection_ids": [Command.clear()],
            }
        )
        kept.with_context(tracking_disable=True)._system_write({"delivery_id": self.id})
        kept.filtered(lambda c: c.state == "to_send").with_context(tracking_disable=True)._system_write(
            {"state": "delivered", "error_message": False}
        )
        text = self.env._("Handed over after all, says %(user)s.", user=self.env.user.name)
        if gone:
            names = ", ".join(gone[:MOST_NAMES].mapped("reference"))
            text += " " + self.env._(
                "%(count)s of its collections were withdrawn here meanwhile and are drawn all the same (%(names)s): "
                "stop them at the operator, or pay the amounts back.",
                count=len(gone),
                names=f"{names}, …" if len(gone) > MOST_NAMES else names,
            )
        self.message_post(body=text)


class BetalingsserviceCollection(models.Model):
    _inherit = "betalingsservice.collection"

    discarded_delivery_ids = fields.Many2many(
        "betalingsservice.delivery",
        "betalingsservice_discarded_collection",
        "collection_id",
        "delivery_id",
        string="Discarded Deliveries",
        readonly=True,
        copy=False,
    )

    def _discarded_faults(self):
        """What is with the operator by a file that was discarded here must not go a second time."""
        self.ensure_one()
        return [
            self.env._(
                "Betalingsservice has it by the discarded delivery %(name)s: press “It Was Handed Over” there.",
                name=delivery.name,
            )
            for delivery in self.discarded_delivery_ids
            if delivery.is_taken_after_all
        ]

    def _note_answered(self, name):
        """An answer came: to a file that was not marked as sent, or to one that was discarded?

        :param str name: what answers
        """
        waiting = self.delivery_id.filtered(lambda delivery: delivery.state == "ready" and not delivery.answer_name)
        # written, not only read: somebody who discards it at this moment is stopped by the database
        waiting.sudo().write({"answer_name": name})
        answered = self.filtered(
            lambda c: not c.delivery_id or (c.delivery_id.state == "ready" and not c.delivery_id.download_date)
        )
        answered.discarded_delivery_ids._note_taken_after_all(name)


class BetalingsserviceCreditor(models.Model):
    _inherit = "betalingsservice.creditor"

    def _note_receipt(self, name, content):
        """Deliveries whose number a receipt names were taken to the operator, whatever is thought here.

        How a receipt looks is in no source: the ten digits of the number, alone or behind the type, are looked for.

        :param bytes content: the receipt
        """
        self.ensure_one()
        text = f"{name}\n{content.decode('iso-8859-1')}"
        numbers = set(re.findall(r"(?:(?<!\d)|BS1|KR9)(?:0601)?(\d{10})(?!\d)", text))
        deliveries = self.env["betalingsservice.delivery"].search(
            [
                ("creditor_id", "=", self.id),
                ("direction", "=", "out"),
                ("delivery_number", "in", list(numbers)),
                ("receipt_name", "=", False),
            ]
        )
        deliveries.sudo().write({"receipt_name": name})
        deliveries._note_taken_after_all(name)
