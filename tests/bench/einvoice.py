"""E-invoices: from the invoice to the file, and through the layers of checking."""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import process_time

from tests.bench import danish_company, rate
from tests.factories.odoo import PartnerFactory

DESCRIPTION = "BIS Billing 3 invoices of ten lines: written, and checked by schema, official and own rules"
SIZE = 60
ADDONS = ["nordic_einvoice"]

LINES = 10
CORE = "core: account_edi_ubl_cii"
SCHEMA = "lxml: verdict of the schema alone"


def run(bench):
    with danish_company(bench) as company:
        moves = invoices(company, bench.size)
        documents, ours = written(bench, moves, lambda move: our_document(bench, move))
        theirs, core = written(bench, moves, core_document)
        check(bench, moves, documents)
        check(bench, moves, theirs)
        whole = list(whole_path(bench, moves))
    yield bench.Figure("invoices to BIS 3 files", rate(bench.size, ours), "documents/s", CORE, rate(bench.size, core))
    yield from whole
    yield from validation(bench, documents)
    yield from own_rules(bench)
    yield from writers(bench)


def whole_path(bench, moves):
    """From posted invoices to files saved on them. Ours are compared with the books, checked by the schema and by the
    own rules, and have their record; core's are the export and its attachment. The official rules are measured by
    themselves."""
    from odoo.addons.nordic_einvoice.formats import official

    env = moves.env

    def export(move):
        values = {"name": f"{move.id}.xml", "raw": core_document(move), "mimetype": "application/xml"}
        return env["ir.attachment"].create(values | {"res_model": "account.move", "res_id": move.id})

    def timed(make):
        make(moves[:1])  # schema and rules are loaded once
        env.flush_all()
        env.invalidate_all()
        statements, processor = env.cr.sql_log_count, process_time()
        _made, seconds = bench.seconds(lambda: (make(moves[1:]), env.flush_all()))
        return seconds, process_time() - processor, env.cr.sql_log_count - statements

    core = timed(lambda some: [export(move) for move in some])
    ours = timed(lambda some: some._einvoice_create_documents(official.NoRunner()))
    assert set(moves.mapped("einvoice_state")) == {"checked"}
    count = len(moves) - 1
    names = ("wall clock", "processor")
    for name, own, theirs in zip(names, ours, core, strict=False):
        peer = "core: export and attachment"
        yield bench.Figure(
            f"posted invoices to checked, saved e-invoices, {name}",
            rate(count, own),
            "documents/s",
            peer,
            rate(count, theirs),
        )
    yield bench.Figure("statements for each", ours[2] / count, "statements", "core", core[2] / count)


def writers(bench, count=1000):
    """Plain code, one core, processor time: records of three lines to bytes, and one document of 5,000 lines."""
    from tests.nordic_einvoice import samples

    formats = bench.formats("nordic_einvoice")
    for fmt in ("bis3", "oioubl21"):
        small, large = (
            samples.invoice(lines=tuple(samples.line(n, 3, "299.85", "99.95") for n in range(1, 1 + lines)))
            for lines in (3, 5000)
        )
        start = process_time()
        for _turn in range(count):
            formats.write(small, fmt)
        yield bench.Figure(f"written, {fmt}: 3 lines", rate(count, process_time() - start), "documents/s")
        _none, seconds = bench.seconds(lambda large=large, fmt=fmt: formats.write(large, fmt))
        yield bench.Figure(f"written, {fmt}: 5,000 lines", round(seconds, 2), "s")


def invoices(company, count):
    """Posted invoices to a Norwegian customer on Peppol."""
    env = company.env
    customer = PartnerFactory.create(
        env=env,
        name="Fjord Taproom AS",
        country_id=env.ref("base.no").id,
        company_registry="999999948",
        peppol_eas="0192",
        peppol_endpoint="999999948",
        buyer_reference="Innkjøp Bergen",
    )
    lines = [
        {"name": f"Vare {number}", "quantity": 1 + number, "price_unit": 10.25 + number}
        | {"tax_ids": [(6, 0, company.tax.ids)]}
        for number in range(LINES)
    ]
    values = {"move_type": "out_invoice", "partner_id": customer.id, "invoice_date": date.today()}
    values["invoice_line_ids"] = [(0, 0, line) for line in lines]
    moves = env["account.move"].create([values] * count)
    moves._post()
    env.flush_all()
    return moves


def written(bench, moves, write):
    """(documents, seconds), from an empty cache of records, after one that is not counted."""
    write(moves[0])
    moves.env.invalidate_all()
    return bench.seconds(lambda: [write(move) for move in moves])


def our_document(bench, move):
    """What stops it, the records, the file, read back and compared with the books."""
    formats = bench.formats("nordic_einvoice")
    from odoo.addons.nordic_einvoice.formats import reader

    faults = move._einvoice_faults()
    assert not faults, faults
    data = formats.write(move._prepare_einvoice_values(), "bis3")
    move._einvoice_check_books(reader.read(data))
    return data


def core_document(move):
    data, _errors = move.env["res.partner"]._get_edi_builder("ubl_bis3")._export_invoice(move)
    return data


def check(bench, moves, documents):
    for move, data in zip(moves, documents, strict=True):
        found = bench.formats("nordic_einvoice").inspect(data)
        assert found["summary"]["payable"] == f"{move.amount_total:.2f}", (move.name, found)
        assert found["lines"] == LINES


def resident():
    """MiB of this process that are in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def validation(bench, documents):
    from lxml import etree

    from odoo.addons.nordic_einvoice.formats import official
    from odoo.addons.nordic_einvoice.formats.validation import validate

    schema = etree.XMLSchema(etree.parse(str(official.xsd_path("Invoice"))))
    verdicts, floor = bench.seconds(lambda: [schema.validate(etree.fromstring(data)) for data in documents])
    assert all(verdicts)
    with official.RuleRunner() as runner:
        validate(documents[0], runner)  # the official rules are compiled once
        results, ours = bench.seconds(lambda: [validate(data, runner) for data in documents])
        roots = [etree.fromstring(data) for data in documents]
        stylesheet = official.en16931_stylesheet()
        before = resident()
        found, seconds = bench.seconds(lambda: [runner.run(stylesheet, root) for root in roots])
        grown = resident() - before
    assert not any(each["flag"] == "fatal" for failed in found for each in failed)
    for result in results:
        assert result.valid and not result.fatal, result.fatal
        assert all(result.layers[layer] == "run" for layer in ("xsd", "en16931", "peppol", "national")), result.notes
    count = len(documents)
    yield bench.Figure(
        "checked: schema, EN 16931, Peppol, national", rate(count, ours), "documents/s", SCHEMA, rate(count, floor)
    )
    yield bench.Figure("official EN 16931 rules alone, by the child process", rate(count, seconds), "documents/s")
    yield bench.Figure("memory the server process grew by it", round(grown, 2), "MiB")


def own_rules(bench, count=1000):
    """Our own layers alone, one core, processor time: Danish invoices of three lines with FIK, and one of 5,000."""
    from odoo.addons.nordic_einvoice.formats import rules, xml

    from tests.nordic_einvoice import samples

    formats = bench.formats("nordic_einvoice")
    for fmt, layers, name in (
        ("bis3", ("peppol", "national"), "Peppol and national"),
        ("oioubl21", ("oioubl",), "OIOUBL"),
    ):

        def check_root(root, layers=layers):
            document = rules.Document(root)
            for layer in layers:
                assert rules.check(document, layer) == ([], True, ""), layer

        small, large = (
            formats.write(
                replace(
                    samples.invoice(lines=tuple(samples.line(n, 3, "299.85", "99.95") for n in range(1, 1 + lines))),
                    payment_means=(samples.FIK,),
                ),
                fmt,
            )
            for lines in (3, 5000)
        )
        root = xml.parse(small)
        start = process_time()
        for _turn in range(count):
            check_root(root)
        seconds = process_time() - start
        yield bench.Figure(f"own rules, {name}: 3 lines", rate(count, seconds), "documents/s")
        _none, seconds = bench.seconds(lambda data=large, check=check_root: check(xml.parse(data)))
        yield bench.Figure(f"own rules, {name}: read and check 5,000 lines", round(seconds, 2), "s")
