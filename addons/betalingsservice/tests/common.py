import tempfile
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from unittest.mock import patch

from odoo import Command

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

try:
    from tests.simulators.betalingsservice import Betalingsservice
except ImportError:  # the addon was installed without the repository around it
    Betalingsservice = None

PBS, SUPPLIER = "01234567", "12345678"


class BetalingsserviceCommon(AccountTestInvoicingCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.env["payment.reference.agreement"].search([("company_id", "=", cls.company.id)]).active = False
        cls.env["payment.reference.agreement"].create({"card_type": "71", "creditor_number": "88888888"})
        cls.creditor = cls.env["betalingsservice.creditor"].create(
            {
                "name": "Abonnement",
                "pbs_number": PBS,
                "data_supplier_number": SUPPLIER,
                "subsystem": "BS1",
                "group_ids": [Command.create({"number": "00001", "name": "Abonnement"})],
            }
        )
        cls.group = cls.creditor.group_ids
        cls.creditor.action_create_provider()
        cls.customer = cls._customer("Søren Ærø Prøve", "1001")
        cls.other = cls._customer("Testkunde To ApS", "1002")

    @classmethod
    def _customer(cls, name, reference):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "ref": reference,
                "street": "Eksempelvej 1",
                "zip": "6600",
                "city": "Vejen",
                "country_id": cls.env.ref("base.dk").id,
            }
        )

    def _exchange_folder(self):
        """An empty folder with ``out`` and ``in``, gone after the test."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name in ("out", "in"):
            (Path(folder.name) / name).mkdir()
        return Path(folder.name)

    @classmethod
    def _agreement(cls, partner=None, state="active", **values):
        return cls.env["betalingsservice.agreement"].create(
            {
                "partner_id": (partner or cls.customer).id,
                "group_id": cls.group.id,
                "state": state,
                "mandate_number": "000101529" if state == "active" else False,
                **values,
            }
        )

    @classmethod
    def _invoice(cls, partner=None, price=498.75, due=date(2027, 2, 1), post=True, **values):
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or cls.customer).id,
                "invoice_date": date(2027, 1, 15),
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create({"name": "Abonnement – januar", "price_unit": price, "tax_ids": [Command.clear()]})
                ],
                **values,
            }
        )
        if post:
            invoice.action_post()
        return invoice

    def _operator(self, subsystem="BS1"):
        if Betalingsservice is None:
            self.skipTest("the simulator is part of the repository, not of the addon")
        return Betalingsservice(PBS, SUPPLIER, subsystem, today=date(2027, 1, 15))

    def _import(self, data, filename="D1234567-602.BS1"):
        return self.env["betalingsservice.delivery"]._import_file(data, filename)

    def _html(self, invoice):
        return self.env["ir.actions.report"]._render_qweb_html("account.report_invoice", invoice.ids)[0].decode()

    @contextmanager
    def _counted(self):
        """The statements sent to the database meanwhile."""
        queries, execute = [], type(self.env.cr).execute

        def counting(cursor, query, *args, **kwargs):
            queries.append(str(getattr(query, "code", query)))
            return execute(cursor, query, *args, **kwargs)

        with patch.object(type(self.env.cr), "execute", counting):
            yield queries
