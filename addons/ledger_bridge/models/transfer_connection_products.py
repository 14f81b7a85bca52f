import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import formatLang
from odoo.tools.sql import escape_psql

from odoo.addons.transfer_log.exceptions import RejectedError

from .. import contacts, products

DEFAULT_KEYS = ("number", "barcode")
OPERATIONS = ("product_create", "product_update")


class TransferConnectionProducts(models.Model):
    """Products over there: created once, updated field by field, recognised without guessing."""

    _inherit = "transfer.connection"

    ledger_uses_products = fields.Boolean(
        string="Products on Invoice Lines",
        tracking=True,
        help="Lines of invoices name their product over there; one that is missing is created first. Not needed for "
        "pushing invoices.",
    )
    ledger_product_rule_ids = fields.One2many("ledger.product.rule", "connection_id", string="Product Rules")
    ledger_product_field_ids = fields.One2many("ledger.product.field", "connection_id", string="Product Fields")

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'transfer_log'
        connections = super().create(vals_list)
        connections.filtered("is_ledger")._ledger_add_product_fields()
        return connections

    def _ledger_add_product_fields(self):
        for connection in self:
            known = connection.ledger_product_field_ids.mapped("field")
            held = connection._ledger_product_fields()
            self.env["ledger.product.field"].create(
                [
                    {"connection_id": connection.id, "field": name, "sequence": index}
                    for index, name in enumerate(products.FIELDS)
                    if name not in known and name in held
                ]
            )

    # ---------------------------------------------------------------- actions

    def action_ledger_match_products(self):
        """Read the products over there and propose which of ours they are. Links nothing by itself."""
        self.ensure_one()
        self.check_access("write")
        with self._ledger_errors_as_text():
            theirs = self._ledger_product_list()
        linked = set(self._ledger_links_of("product").mapped("remote_id"))
        rows = {row["remote_id"]: row for row in theirs if row["remote_id"] not in linked}
        self.env["ledger.product.match"]._read_again(self, self._ledger_product_proposals(rows))
        action = self.env["ir.actions.act_window"]._for_xml_id("ledger_bridge.ledger_product_match_action")
        action["domain"] = [("connection_id", "=", self.id)]
        return action

    def _ledger_product_proposals(self, rows):
        """Values of ``ledger.product.match`` for products over there that nobody is linked to."""
        links, conflicts, groups = {}, {}, {}
        for product in self._ledger_product_candidates():
            ours = (product.id, product._ledger_product_key_values(self))
            groups.setdefault(self._ledger_product_keys(product), []).append(ours)
        for keys, ours in groups.items():
            found, unclear = contacts.match(ours, list(rows.items()), keys, products.key_of)
            links |= found
            conflicts |= unclear
        claims = [remote_id for remote_id, _key in links.values()]
        claims += [remote_id for remote_ids, _key in conflicts.values() for remote_id in remote_ids]
        values = [
            # rules of two categories may claim the same product there
            self._ledger_product_match_values(product_id, rows[one], key, claims.count(one) == 1)
            for product_id, (one, key) in links.items()
        ]
        return values + [
            self._ledger_product_match_values(product_id, rows[one], key, False)
            for product_id, (remote_ids, key) in conflicts.items()
            for one in remote_ids
        ]

    def _ledger_product_match_values(self, product_id, row, key, is_sure):
        price = formatLang(self.env, float(row["price"]), digits=2) if row.get("price") else ""
        return {
            "product_id": product_id,
            "remote_id": row["remote_id"],
            "remote_name": row.get("name"),
            "remote_details": " · ".join(filter(None, (row.get("number"), row.get("barcode"), price))),
            "key": key,
            "state": "proposed" if is_sure else "conflict",
        }

    def _ledger_product_candidates(self):
        """Products the company sells that have no link."""
        self.ensure_one()
        linked = self._ledger_links_of("product").mapped("res_id")
        domain = Domain("company_id", "in", (False, self.company_id.id)) & Domain("id", "not in", linked)
        return self.env["product.product"].search(domain & Domain("sale_ok", "=", True))

    # --------------------------------------------------------------- business

    def _ledger_product_rule(self, product):
        """The rule of the nearest category; subscriptions have rules of their own (context
        ``ledger_subscription``)."""
        self.ensure_one()
        kinds = (True, False) if self.env.context.get("ledger_subscription") else (False,)
        for is_subscription in kinds:
            rules = {
                rule.category_id.id: rule
                for rule in self.sudo().ledger_product_rule_ids
                if rule.is_subscription == is_subscription
            }
            category = product.categ_id
            while category and category.id not in rules:
                category = category.parent_id
            if category.id in rules:
                return rules[category.id]
        return self.env["ledger.product.rule"].sudo()

    def _ledger_product_keys(self, product):
        """By what a product that was there before us is recognised, in this order."""
        rule = self._ledger_product_rule(product)
        if rule:
            return () if rule.key == "none" else (rule.key,)
        return tuple(key for key in DEFAULT_KEYS if key in self._ledger_product_fields())

    def _ledger_product_directions(self):
        """Direction of each field the other side keeps; a field without a line goes to the ledger."""
        chosen = {line.field: line.direction for line in self.sudo().ledger_product_field_ids}
        held = self._ledger_product_fields()
        return {name: chosen.get(name, products.TO) for name in products.FIELDS if name in held}

    def _ledger_product_body(self, product):
        """What a new product is created with: everything that goes to the ledger, and what no product is without."""
        values, directions = self._ledger_product_values(product), self._ledger_product_directions()
        needed = self._ledger_product_needed()
        return {
            name: values[name] for name, direction in directions.items() if direction == products.TO or name in needed
        }

    def _ledger_push_product(self, product):
        """Make sure the product is there, exactly once: known link, our own mark, the key of its rule, and only then a
        new one. Two that fit: RejectedError, nothing is guessed.

        :return: ``{"remote_id", "request", "response"}``
        """
        link = self._ledger_link(product, "product")
        if link:
            return {"remote_id": link.remote_id}
        rule = self._ledger_product_rule(product)
        self._ledger_check_own_number(product)
        request, snapshot = None, False
        remote_id = self._ledger_product_own(product) or self._ledger_product_identify(product)
        if not remote_id:
            if rule.on_missing == "never":
                raise RejectedError(
                    self.env._(
                        "%(name)s is not in the ledger, and its rule creates nothing.", name=product.display_name
                    ),
                    advice=self.env._(
                        "Create or link the product there, or change its rule on the connection, then Retry."
                    ),
                )
            body = self._ledger_product_body(product)
            self._ledger_check_needed(product, body)
            remote_id, request = self._ledger_product_create(product, body)
            self._ledger_check_kept(body, self._ledger_product_read(remote_id))
            snapshot = json.dumps({name: body.get(name, "") for name in products.FIELDS})
        taken = self._ledger_links_of("product", [remote_id])
        if taken:
            raise RejectedError(
                self.env._(
                    "The product of the ledger that fits %(name)s is linked to %(other)s already.",
                    name=product.display_name,
                    other=taken.document_name,
                ),
                advice=self.env._("Give one of them another internal reference, then choose Retry."),
            )
        self._ledger_store_link(product, "product", remote_id).contact_snapshot = snapshot
        return {"remote_id": remote_id, "request": request, "response": {"id": remote_id}}

    def _ledger_check_needed(self, product, body):
        """No product is made that lacks what the other side needs."""
        missing = [name for name in self._ledger_product_needed() if not body.get(name)]
        if missing:
            labels = dict(self.env["ledger.product.field"]._fields["field"]._description_selection(self.env))
            raise RejectedError(
                self.env._(
                    "%(name)s cannot be made in %(ledger)s without: %(fields)s.",
                    name=product.display_name,
                    ledger=self.name,
                    fields=", ".join(labels[name] for name in missing),
                ),
                advice=self.env._(
                    "Account or group: the rule of its category, or the account mapping. Unit: the unit mapping. Both "
                    "are on the connection. Then choose Retry."
                ),
                request=body,
            )

    def _ledger_check_own_number(self, product):
        """Two products of ours with the same internal reference: which of them is meant there is not guessed."""
        twins = self._ledger_product_twins(product)
        if twins:
            raise RejectedError(
                self.env._(
                    "Several products have the internal reference %(number)s: %(names)s.",
                    number=product.default_code,
                    names=", ".join((product + twins).sorted("id").mapped("display_name")),
                ),
                advice=self.env._("Give each its own internal reference, then choose Retry."),
            )

    def _ledger_product_twins(self, product):
        """Other products in use that have the same internal reference."""
        number = (product.default_code or "").strip()
        if not number:
            return product.browse()
        domain = Domain("default_code", "=ilike", escape_psql(number))
        domain &= Domain("company_id", "in", (False, self.company_id.id)) & Domain("id", "!=", product.id)
        return product.search(domain)

    def _ledger_product_identify(self, product):
        """The product that was there before us, or ``None``."""
        values = product._ledger_product_key_values(self)
        for key in self._ledger_product_keys(product):
            wanted = products.key_of(key, values[key])
            if not wanted:
                continue
            rows = self._ledger_product_search(key, values[key])
            rows = [row for row in rows if products.key_of(key, row.get(key)) == wanted]
            if len(rows) > 1:
                labels = dict(self.env["ledger.product.rule"]._fields["key"]._description_selection(self.env))
                raise RejectedError(
                    self.env._(
                        "%(ledger)s has %(count)s products with the same %(field)s as %(name)s: nothing is guessed.",
                        ledger=self.name,
                        count=len(rows),
                        field=labels[key],
                        name=product.display_name,
                    ),
                    advice=self.env._("Put them right there, or link the right one under Match products."),
                    response=rows,
                )
            if rows:
                return rows[0]["remote_id"]
        return None

    def _ledger_update_product(self, product):
        """Bring the product in step, field by field. Reads before it writes, and reads back."""
        product = product.with_company(self.company_id)
        link = self._ledger_link(product, "product")
        if not link:
            return self._ledger_push_product(product)
        if self._ledger_product_rule(product).on_existing == "never":
            return {"remote_id": link.remote_id}
        ours = self._ledger_product_values(product)
        return self._ledger_bring_in_step(
            "product", product, link, self._ledger_product_directions(), ours, products.FIELDS
        )

    def _ledger_product_values(self, product):
        """This product in ``products.FIELDS``. Adapters shorten what does not fit over there."""
        self.ensure_one()
        return product.with_company(self.company_id)._ledger_values(self)

    def _ledger_product_account(self, product):
        """Account (or group) there of a product: of its rule, else as the account mapping has it; "" when neither."""
        rule = self._ledger_product_rule(product)
        return (rule.remote_account or "").strip() or self._ledger_mapped_product_account(product)

    def _ledger_mapped_product_account(self, product):
        account, taxes = product._ledger_income_account(self), product._ledger_sales_taxes(self)
        if not account or len(taxes) > 1:
            return ""
        return self.env["ledger.account.mapping"].sudo()._find(self, account, taxes).remote_account or ""

    def _ledger_line_is_of_product(self, line):
        """Whether an invoice line may name its product there. Where the product decides account and VAT, only a line
        that has the account and the tax of the product; any other goes by the account mapping."""
        if "line_accounts" in self._ledger_capabilities():
            return True
        product = line.product_id
        return (
            product._ledger_income_account(self) == line.account_id
            and product._ledger_sales_taxes(self) == line.tax_ids
        )

    # ------------------------------------------------------- transfer queue

    def _transfer_execute(self, log):
        # EXTENDS 'transfer_log'
        if log.operation not in OPERATIONS or self.kind not in self._ledger_kinds():
            return super()._transfer_execute(log)
        product = self.env[log.res_model].browse(log.res_id).exists()
        if not product:
            raise UserError(self.env._("The product no longer exists."))
        return self._ledger_update_product(product)

    def _transfer_lookup(self, log):
        # EXTENDS 'transfer_log': it is looked up before it is made, and an update reads before it writes
        if log.operation in OPERATIONS and self.kind in self._ledger_kinds():
            return None
        return super()._transfer_lookup(log)

    def _transfer_source(self, log):
        # EXTENDS 'transfer_log'
        product = log.operation in OPERATIONS and self.env[log.res_model].browse(log.res_id).exists()
        if product and self.kind in self._ledger_kinds():
            return self._ledger_product_values(product)
        return super()._transfer_source(log)

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {
            "product_create": self.env._("Product"),
            "product_update": self.env._("Update of a product"),
        }

    # --------------------------------- adapter contract, implemented per kind

    def _ledger_product_fields(self):
        """``products.FIELDS`` the other side keeps; empty: it takes no products."""
        self.ensure_one()
        return ()

    def _ledger_product_needed(self):
        """Fields no product over there is without: they are sent with a new one whatever their direction."""
        self.ensure_one()
        return ("name",)

    def _ledger_product_own(self, product):
        """Id of the product that carries our own reference, or ``None``."""
        raise NotImplementedError

    def _ledger_product_search(self, key, value):
        """Products with this value of a key (``products.KEYS``), as ``_ledger_product_list``. May tell more: what is
        found is compared again."""
        raise NotImplementedError

    def _ledger_product_list(self):
        """All products that are not deleted: ``{"remote_id"}`` and ``products.FIELDS``, texts."""
        raise NotImplementedError

    def _ledger_product_read(self, remote_id):
        """One product, as ``_ledger_product_list``; ``None``: not there, or deleted."""
        raise NotImplementedError

    def _ledger_product_create(self, product, values):
        """:param dict values: ``products.FIELDS``. :return: ``(remote id, body that was sent)``"""
        raise NotImplementedError

    def _ledger_product_write(self, remote_id, values):
        """Change these fields (``products.FIELDS``) and leave every other as it is over there."""
        raise NotImplementedError
