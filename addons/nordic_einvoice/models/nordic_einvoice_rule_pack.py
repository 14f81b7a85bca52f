import hashlib
import os
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import config, ormcache

from ..formats import official, rule_packs

FOLDER = "nordic_einvoice_rules"


class NordicEinvoiceRulePack(models.Model):
    """An official compiled stylesheet that takes over from the addon's own checks of a layer."""

    _name = "nordic.einvoice.rule.pack"
    _description = "Rule Pack"
    _order = "layer, valid_from desc, id desc"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    layer = fields.Selection(
        [("en16931", "EN 16931"), ("peppol", "Peppol with national rules"), ("oioubl", "OIOUBL")], required=True
    )
    document_types = fields.Selection(
        [
            ("both", "Invoices and credit notes"),
            ("Invoice", "Invoices"),
            ("CreditNote", "Credit notes"),
            ("ApplicationResponse", "Responses"),
        ],
        string="For",
        required=True,
        default="both",
    )
    version = fields.Char(required=True)
    valid_from = fields.Date(required=True, default=lambda self: fields.Date.context_today(self))
    valid_to = fields.Date()
    file = fields.Binary(string="Stylesheet (XSLT)", required=True, attachment=True)
    filename = fields.Char()
    sha256 = fields.Char(
        string="SHA-256", required=True, help="As its publisher states it. A file with another checksum is refused."
    )
    source = fields.Char(help="Where the file comes from.")

    _days_check = models.Constraint("CHECK (valid_to IS NULL OR valid_to >= valid_from)", "The last day is too early.")

    @api.constrains("file", "sha256", "layer", "document_types")
    def _check_file(self):
        for pack in self:
            content = pack._content()
            found = hashlib.sha256(content).hexdigest()
            if found != (pack.sha256 or "").strip().lower():
                raise ValidationError(
                    self.env._(
                        "The file's checksum is %(found)s, not the one you entered. Fetch the file again from its "
                        "publisher.",
                        found=found,
                    )
                )
            fault = rule_packs.stylesheet_fault(content)
            if fault:
                raise ValidationError(
                    self.env._("%(name)s is no rule pack: %(fault)s.", name=pack.filename or pack.name, fault=fault)
                )
            with official.RuleRunner() as runner:
                try:
                    runner.run(pack._path(content), rule_packs.trial(pack.document_types))
                except official.NotAvailable as error:
                    raise ValidationError(
                        self.env._("The rule pack cannot be run here: %(fault)s.", fault=str(error))
                    ) from error

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def _content(self):
        self.ensure_one()
        attachment = self.env["ir.attachment"].sudo().search(
            [("res_model", "=", self._name), ("res_field", "=", "file"), ("res_id", "=", self.id)]
        )  # fmt: skip
        return attachment.raw or b""

    def _path(self, content):
        """The stylesheet as a file for the child process, proven to be what was loaded."""
        digest = hashlib.sha256(content).hexdigest()
        folder = Path(config["data_dir"]) / FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{digest}.xsl"
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            part = folder / f".{digest}.{os.getpid()}.part"
            part.write_bytes(content)
            part.replace(path)
        return str(path)

    @api.model
    def _in_force(self, day=None):
        """The packs that take over on a day, as ``rule_packs.Pack``."""
        return self._cached_packs(day or fields.Date.context_today(self))

    @api.model
    @ormcache("day")
    def _cached_packs(self, day):
        packs = self.sudo().search(
            [("valid_from", "<=", day), "|", ("valid_to", "=", False), ("valid_to", ">=", day)],
            order="valid_from desc, id desc",
        )
        found = []
        for pack in packs:
            content = pack._content()
            if hashlib.sha256(content).hexdigest() != pack.sha256.strip().lower():
                raise UserError(self.env._("The file of the rule pack %s was changed. Load it again.", pack.name))
            found.append(
                rule_packs.Pack(pack.layer, pack.document_types, f"{pack.name} {pack.version}", pack._path(content))
            )
        return tuple(found)
