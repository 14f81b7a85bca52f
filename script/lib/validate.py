"""``script/validate FILE...``: is each file a valid e-invoice? One JSON object per file and line.

``{"file", "document_type", "valid", "layers": {layer: "run" | "not run"}, "findings": [...], "notes": {layer: why}}``

A finding: ``layer``, ``rule``, ``severity``, ``location``, ``message``, ``hint``, and ``field``, the field in Odoo
(company.vat, customer.peppol_endpoint, invoice.buyer_reference). ``--language da`` (nb, sv) says it in that language;
``--table`` prints a line per file and layer for a person instead of JSON.

``valid`` is true when no layer that ran found a fatal fault, false when one did or the file could not be read, null
when no layer could judge this kind of document. A layer that ran in part or not at all is "not run" (``notes`` says
why) and is never counted as passed. Status 0 when every file is valid, 1 otherwise. Never a traceback.
"""

import argparse
import json
import traceback
from pathlib import Path

import format_loader
from console import main_guard

LAYERS = ("xsd", "en16931", "peppol", "national", "oioubl")


def refused(name, message):
    finding = {"layer": "file", "rule": "READ", "severity": "fatal", "location": "", "message": message}
    finding |= {"hint": "", "field": ""}
    return {
        "file": name,
        "document_type": "",
        "valid": False,
        "layers": dict.fromkeys(LAYERS, "not run"),
        "findings": [finding],
        "notes": {},
    }


def read(path, limit):
    """(bytes, None) or (None, why not)."""
    try:
        if not path.exists():
            return None, "There is no such file."
        if not path.is_file():
            return None, "This is not a file."
        size = path.stat().st_size
        if size > limit:
            return (
                None,
                f"The file has {size // 1024 // 1024} MB; an e-invoice may have at most {limit // 1024 // 1024} MB.",
            )
        return path.read_bytes(), None
    except OSError as error:
        return None, f"The file cannot be read: {error.strerror}."


def validate_bytes(name, data, validation, runner, debug=False, language="en"):
    try:
        result = validation.validate(data, runner)
    except Exception as error:
        if debug:
            traceback.print_exc()
        return refused(name, f"The file could not be checked: {type(error).__name__}. Please report it.")
    return {
        "file": name,
        "document_type": result.document_type,
        "valid": result.valid,
        "layers": result.layers,
        "findings": [finding.as_dict(language) for finding in result.findings],
        "notes": result.notes,
    }


def table(result):
    """The layers of one file and what they found, in lines."""
    verdict = {True: "valid", False: "NOT valid", None: "could not be judged"}[result["valid"]]
    rows = [f"{result['file']}: {verdict}"]
    for layer, state in result["layers"].items():
        found = [finding for finding in result["findings"] if finding["layer"] == layer]
        fatal = sum(finding["severity"] == "fatal" for finding in found)
        counts = f"{fatal} faults, {len(found) - fatal} warnings" if state == "run" or found else ""
        rows.append(f"  {layer:<10}{state:<10}{counts:<24}{result['notes'].get(layer, '')}".rstrip())
    for finding in result["findings"]:
        rows.append(f"  {finding['severity']:<8} {finding['rule']:<22} {finding['message']} [{finding['location']}]")
    return "\n".join(rows)


def main():
    parser = argparse.ArgumentParser(prog="script/validate", description=__doc__)
    parser.add_argument("--debug", action="store_true", help="print the traceback of an error of ours")
    parser.add_argument("--language", default="en", help="en, da, nb or sv: the language of the findings")
    parser.add_argument("--table", action="store_true", help="for a person: the layers and the findings, no JSON")
    parser.add_argument("files", nargs="+", metavar="FILE")
    arguments = parser.parse_args()
    format_loader.formats("nordic_einvoice")
    from odoo.addons.nordic_einvoice.formats import official, validation, xml

    status = 0
    with official.RuleRunner() as runner:
        for name in arguments.files:
            data, message = read(Path(name), xml.MAX_SIZE)
            if message:
                result = refused(name, message)
            else:
                result = validate_bytes(name, data, validation, runner, arguments.debug, arguments.language)
            status |= result["valid"] is not True
            print(table(result) if arguments.table else json.dumps(result, ensure_ascii=False), flush=True)
    return int(status)


if __name__ == "__main__":
    main_guard(main)
