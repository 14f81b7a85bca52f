from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.sql import column_exists, create_column

from ..const import CURRENCY


class AccountMove(models.Model):
    _inherit = "account.move"

    betalingsservice_agreement_id = fields.Many2one(
        "betalingsservice.agreement",
        compute="_compute_betalingsservice_agreement_id",
        store=True,
        readonly=False,
        copy=False,
        check_company=True,
        index="btree_not_null",
        help="Filled in from the customer's active agreement. Empty it on the draft to send this invoice without "
        "drawing it.",
    )
    betalingsservice_not_drawn = fields.Boolean(
        string="Not Drawn by Betalingsservice",
        readonly=True,
        copy=False,
        help="Somebody emptied the agreement on the draft: it stays empty, whatever the customer signs later.",
    )
    betalingsservice_slip = fields.Boolean(
        string="Slip by Betalingsservice",
        compute="_compute_betalingsservice_slip",
        store=True,
        readonly=False,
        copy=False,
        help="Betalingsservice sends the customer a payment slip, as chosen on the creditor.",
    )
    betalingsservice_line_ids = fields.One2many(
        "betalingsservice.collection.line", "move_id", string="Collected With", copy=False
    )
    betalingsservice_collection_ids = fields.Many2many(
        "betalingsservice.collection",
        string="Betalingsservice Collections",
        compute="_compute_betalingsservice_collection_ids",
    )
    betalingsservice_collection_id = fields.Many2one(
        "betalingsservice.collection",
        string="Latest Collection",
        compute="_compute_betalingsservice_collection_ids",
    )
    betalingsservice_final_text = fields.Char(string="Final", compute="_compute_betalingsservice_final_text")

    def _auto_init(self):
        # EXTENDS 'base'
        # A database with many entries is not computed through at installation: old documents have no agreement.
        for name, kind in (("betalingsservice_agreement_id", "int4"), ("betalingsservice_slip", "bool")):
            if not column_exists(self.env.cr, "account_move", name):
                create_column(self.env.cr, "account_move", name, kind)
        return super()._auto_init()

    @api.depends("commercial_partner_id", "move_type", "currency_id", "company_id")
    def _compute_betalingsservice_agreement_id(self):
        for move in self:
            if move.state != "draft":
                move.betalingsservice_agreement_id = move.betalingsservice_agreement_id
            elif (
                move.betalingsservice_not_drawn
                or move.move_type not in ("out_invoice", "out_refund")
                or move.currency_id.name != CURRENCY
            ):
                move.betalingsservice_agreement_id = False
            else:
                # a change of an agreement recomputes the customer's drafts by itself (_update_drafts): a dependency
                # would read every invoice he ever got
                agreements = move.commercial_partner_id.sudo().betalingsservice_agreement_ids
                move.betalingsservice_agreement_id = agreements._for_company(move.company_id).id

    @api.depends("betalingsservice_agreement_id", "move_type", "currency_id", "company_id")
    def _compute_betalingsservice_slip(self):
        Creditor = self.env["betalingsservice.creditor"]
        invoices = self.filtered(lambda move: move.state == "draft" and move.move_type == "out_invoice")
        rules = {company: Creditor._slip_creditor(company).slip_rule == "all" for company in invoices.company_id}
        for move in self:
            if move.state != "draft":
                move.betalingsservice_slip = move.betalingsservice_slip
                continue
            is_slip = move in invoices and move.currency_id.name == CURRENCY and rules[move.company_id]
            move.betalingsservice_slip = is_slip and not move.betalingsservice_agreement_id

    @api.depends("betalingsservice_line_ids.is_active", "betalingsservice_line_ids.collection_id")
    def _compute_betalingsservice_collection_ids(self):
        for move in self:
            collections = move.betalingsservice_line_ids.collection_id.sorted("id")
            active = move.betalingsservice_line_ids.filtered("is_active").collection_id
            move.betalingsservice_collection_ids = collections
            move.betalingsservice_collection_id = active[-1:] or collections[-1:]

    @api.depends("betalingsservice_collection_id")
    def _compute_betalingsservice_final_text(self):
        for move in self:
            move.betalingsservice_final_text = move.betalingsservice_collection_id.final_text

    # Posting

    def _post(self, soft=True):
        # EXTENDS 'account'
        # What the draft was going to be is settled while it is one.
        self.mapped("betalingsservice_agreement_id")
        self.mapped("betalingsservice_slip")
        posted = super()._post(soft=soft)
        posted._create_betalingsservice_collections()
        return posted

    def _create_betalingsservice_collections(self):
        """Claim each invoice of a customer with an active agreement, once; slips and credit notes as was chosen."""
        Collection = self.env["betalingsservice.collection"].sudo()
        documents = self.sudo().filtered(
            lambda move: (
                move.state == "posted"
                and (move._is_own_betalingsservice_agreement() or move.betalingsservice_slip)
                and not move.currency_id.is_zero(move.amount_residual)
            )
        )
        invoices = documents.filtered(
            lambda move: move.move_type == "out_invoice" and move._betalingsservice_unclaimed()
        )
        drawn = invoices.filtered(
            lambda move: (
                move.betalingsservice_agreement_id.state == "active" and move._is_own_betalingsservice_agreement()
            )
        )
        slips = (invoices - drawn).filtered("betalingsservice_slip")._with_slip_creditor()
        collections = Collection.browse()
        again = invoices.betalingsservice_line_ids.collection_id.filtered("is_stopped")
        by_draw = [part for move in drawn for part in move._betalingsservice_unclaimed()]
        by_slip = [part for move in slips for part in move._betalingsservice_unclaimed()]
        if by_draw:
            collections |= Collection._claim(by_draw)
        if by_slip:
            collections |= Collection._claim(by_slip, slips._betalingsservice_slip_agreements(), section="0117")
        claimed = {*by_draw, *by_slip}
        for stopped in again.filtered(lambda c: any(line._part() in claimed for line in c._lines())):
            stopped.write({"is_stopped": False})
            stopped.message_post(body=self.env._("Its invoices are collected again."))
        agreements = documents.betalingsservice_agreement_id
        if agreements:
            Collection._claim_credit_notes(agreements)
        return collections

    def _with_slip_creditor(self):
        """Those of companies that send slips: it may have been switched off since the invoice was written."""
        Creditor = self.env["betalingsservice.creditor"]
        companies = self.company_id.filtered(Creditor._slip_creditor)
        return self.filtered(lambda move: move.company_id in companies)

    def _betalingsservice_slip_agreements(self):
        """``{invoice: agreement}``: who gets a slip is registered too, waiting for his sign-up under that number."""
        Agreement = self.env["betalingsservice.agreement"]
        found = {}
        for company, moves in self.grouped("company_id").items():
            group = self.env["betalingsservice.creditor"]._slip_creditor(company).slip_group_id
            partners = moves.commercial_partner_id
            known = Agreement.search(
                [("group_id", "=", group.id), ("partner_id", "in", partners.ids), ("is_moved", "=", False)], order="id"
            )
            by_partner = {agreement.partner_id: agreement for agreement in known}
            missing = partners - known.partner_id
            created = Agreement.create([{"partner_id": partner.id, "group_id": group.id} for partner in missing])
            by_partner.update(zip(missing, created, strict=True))
            found.update({move: by_partner[move.commercial_partner_id] for move in moves})
        return found

    @api.model
    def _sweep_betalingsservice(self, company):
        """Documents posted for Betalingsservice without a collection.

        Also those whose collection was stopped by the end of an agreement that is active again before their day: the
        payer changed his bank, and holds an invoice that says when it is drawn. After that day somebody decides.
        """
        today = self.env["betalingsservice.creditor"]._local_now().date()
        claimed = [
            ("is_withdrawn", "=", False),
            "|",
            "|",
            "|",
            ("collection_id.is_stopped", "=", False),
            ("collection_id.is_held", "=", True),
            ("collection_id.payment_date", "=", False),
            ("collection_id.payment_date", "<", today),
        ]
        moves = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "posted"),
                ("move_type", "=", "out_invoice"),
                "|",
                ("betalingsservice_agreement_id.state", "=", "active"),
                ("betalingsservice_slip", "=", True),
                ("betalingsservice_line_ids", "not any", claimed),
                ("payment_state", "in", ("not_paid", "partial")),
            ]
        )
        return (moves | self._betalingsservice_partly_claimed(company))._create_betalingsservice_collections()

    # Whose account it is drawn from

    @api.constrains("betalingsservice_agreement_id", "partner_id", "currency_id")
    def _check_betalingsservice_agreement(self):
        for move in self.filtered("betalingsservice_agreement_id"):
            if move.currency_id.name != CURRENCY:
                raise ValidationError(
                    self.env._(
                        "%(invoice)s is in %(currency)s: Betalingsservice draws kroner only.",
                        invoice=move.display_name,
                        currency=move.currency_id.name,
                    )
                )
            if not move._is_own_betalingsservice_agreement():
                agreement = move.betalingsservice_agreement_id.sudo()
                raise ValidationError(
                    self.env._(
                        "%(invoice)s of %(customer)s: the agreement %(agreement)s is that of %(other)s.",
                        invoice=move.display_name,
                        customer=move.commercial_partner_id.name,
                        agreement=agreement.customer_number,
                        other=agreement.partner_id.name,
                    )
                )

    @api.constrains("betalingsservice_slip")
    def _check_betalingsservice_slip(self):
        chosen = self.filtered("betalingsservice_slip")
        for move in chosen - chosen._with_slip_creditor():
            raise ValidationError(
                self.env._(
                    "%(invoice)s: no creditor of %(company)s sends slips by Betalingsservice. Choose “Payment Slips” "
                    "on the creditor first.",
                    invoice=move.display_name,
                    company=move.company_id.name,
                )
            )

    def _is_own_betalingsservice_agreement(self):
        """The invoice is in kroner and has an agreement, which is that of the one who pays it."""
        self.ensure_one()
        agreement_sudo = self.betalingsservice_agreement_id.sudo()
        is_own = bool(agreement_sudo) and agreement_sudo.partner_id == self.commercial_partner_id
        return is_own and self.currency_id.name == CURRENCY

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        moves = super().create(vals_list)
        self.browse(
            move.id
            for move, vals in zip(moves, vals_list, strict=True)
            if not vals.get("betalingsservice_agreement_id", True)
        )._keep_undrawn()
        return moves

    def write(self, vals):
        # EXTENDS 'account'
        if vals.get("state") in ("draft", "cancel"):
            # whatever way it came: a button, an import, another program
            self._check_not_delivered()
        if not self.env.su:
            if "betalingsservice_agreement_id" in vals:
                self._check_betalingsservice_agreement_kept(vals["betalingsservice_agreement_id"])
            if "betalingsservice_slip" in vals:
                self._check_betalingsservice_slip_kept(vals["betalingsservice_slip"])
        if {"partner_id", "betalingsservice_agreement_id"} & vals.keys():
            vals = {**vals, "betalingsservice_not_drawn": False}
        result = super().write(vals)
        if not vals.get("betalingsservice_agreement_id", True):
            self._keep_undrawn()
        return result

    def _keep_undrawn(self):
        """Drafts whose customer has an agreement, which somebody took off: it does not come back by itself."""
        emptied = self.filtered(
            lambda move: (
                move.state == "draft"
                and move.commercial_partner_id.sudo().betalingsservice_agreement_ids._for_company(move.company_id)
            )
        )
        if emptied:
            emptied.betalingsservice_not_drawn = True

    def _check_betalingsservice_agreement_kept(self, agreement_id):
        """How a posted invoice is paid was decided, and told to the customer."""
        for move in self:
            if move.state != "draft" and move.betalingsservice_agreement_id.id != (agreement_id or False):
                raise UserError(
                    self.env._(
                        "%(invoice)s is posted: which agreement draws it is chosen on the draft.",
                        invoice=move.display_name,
                    )
                )

    def _check_betalingsservice_slip_kept(self, is_slip):
        for move in self:
            if move.state != "draft" and move.betalingsservice_slip != bool(is_slip):
                raise UserError(
                    self.env._(
                        "%(invoice)s is posted: whether Betalingsservice sends a slip is chosen on the draft.",
                        invoice=move.display_name,
                    )
                )

    def button_draft(self):
        # EXTENDS 'account'
        self._check_not_delivered()
        self._withdraw_from_betalingsservice(self.env._("The invoice was set to draft."))
        return super().button_draft()

    def button_cancel(self):
        # EXTENDS 'account'
        self._check_not_delivered()
        self._withdraw_from_betalingsservice(self.env._("The invoice was cancelled."))
        return super().button_cancel()

    def _withdraw_from_betalingsservice(self, reason):
        """Take the invoices out of collections that have not been delivered; others in them stay."""
        lines_sudo = self.sudo().betalingsservice_line_ids.filtered("is_active")
        collections_sudo = lines_sudo.collection_id
        lines_sudo._withdraw(reason)
        for collection_sudo in collections_sudo:
            if collection_sudo._lines():
                collection_sudo._refresh_lines()
            else:
                collection_sudo._release(reason)

    def _check_not_delivered(self):
        for move in self:
            lines_sudo = move.sudo().betalingsservice_line_ids.filtered(lambda line: not line.is_withdrawn)
            delivered = lines_sudo.collection_id.filtered("delivery_id")[:1]
            if delivered:
                raise UserError(
                    self.env._(
                        "%(invoice)s is in the delivery %(delivery)s to Betalingsservice and cannot be set to draft or "
                        "cancelled. Make a credit note instead. A collection that was delivered is stopped by the "
                        "operator only, on its web page or by telephone.",
                        invoice=move.name,
                        delivery=delivered.delivery_id.name or "",
                    )
                )

    # What the payer sees

    def _payment_reference_is_drawn(self):
        # EXTENDS 'nordic_payment_reference'
        return super()._payment_reference_is_drawn() or bool(self._betalingsservice_drawn_collection())

    def _betalingsservice_drawn_lines(self):
        """By which the invoice, or instalments of it, is or was drawn: ``betalingsservice.collection.line`` by day.

        In the operator's test nothing is drawn: the invoice is paid as any other, and its payer reads nothing of it.
        """
        self.ensure_one()
        lines = self.sudo().betalingsservice_line_ids.filtered(
            lambda line: line.is_active and line.collection_id._is_drawn()
        )
        return lines.sorted(lambda line: (line.collection_id.payment_date, line.id)).sudo(False)

    def _betalingsservice_drawn_collection(self):
        """The collection by which all of the invoice is or was drawn, the last one of several instalments, or none."""
        self.ensure_one()
        lines_sudo = self._betalingsservice_drawn_lines().sudo()
        if lines_sudo.instalment_id and any(
            round(instalment.amount_residual_currency, 2)
            for instalment in self.sudo()._betalingsservice_receivables() - lines_sudo.instalment_id
        ):
            lines_sudo = lines_sudo.browse()
        return lines_sudo.collection_id[-1:].sudo(False)

    def _betalingsservice_text(self):
        """The sentence on an invoice that is drawn, or an empty string."""
        self.ensure_one()
        lines_sudo = self._betalingsservice_drawn_lines().sudo()
        if not lines_sudo:
            return ""
        collection_sudo = lines_sudo.collection_id[-1:]
        values = {
            "date": collection_sudo.payment_date.strftime("%d.%m.%Y"),
            "pbs": collection_sudo.creditor_id.pbs_number,
            "group": collection_sudo.agreement_id.group_id.number,
            "customer": collection_sudo.agreement_id.customer_number,
        }
        if not lines_sudo.instalment_id:
            return self.env._(
                "Drawn by Betalingsservice on %(date)s (PBS no. %(pbs)s, debtor group %(group)s, "
                "customer no. %(customer)s). You need not do anything.",
                **values,
            )
        days = (
            self.env._(
                "%(amount)s on %(date)s",
                amount=self.currency_id.format(line.amount),
                date=line.collection_id.payment_date.strftime("%d.%m.%Y"),
            )
            for line in lines_sudo
        )
        return self.env._(
            "Drawn by Betalingsservice in instalments: %(days)s (PBS no. %(pbs)s, debtor group %(group)s, "
            "customer no. %(customer)s). You need not do anything for them.",
            **{**values, "days": ", ".join(days)},
        )

    # Payments by other ways

    def _on_payment_changed(self):
        # EXTENDS 'invoice_status'
        result = super()._on_payment_changed()
        collections_sudo = self.sudo().betalingsservice_line_ids.filtered("is_active").collection_id
        collections_sudo._on_invoice_paid(self)
        return result
