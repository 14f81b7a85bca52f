"""``script/validate FILE...``: is each file a valid e-invoice? One JSON object per file and line.

``{"file", "document_type", "valid", "layers": {layer: "run" | "not run"}, "findings": [...], "notes": {layer: why}}``

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
    finding = {"layer": "file", "rule": "READ", "severity": "fatal", "location": "", "message": message, "hint": ""}
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


def validate_bytes(name, data, validation, runner, debug=False):
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
        "findings": [vars(finding) for finding in result.findings],
        "notes": result.notes,
    }


def main():
    parser = argparse.ArgumentParser(prog="script/validate", description=__doc__)
    parser.add_argument("--debug", action="store_true", help="print the traceback of an error of ours")
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
                result = validate_bytes(name, data, validation, runner, arguments.debug)
            status |= result["valid"] is not True
            print(json.dumps(result, ensure_ascii=False), flush=True)
    return int(status)


if __name__ == "__main__":
    main_guard(main)
