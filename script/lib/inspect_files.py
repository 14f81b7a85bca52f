"""``script/inspect FILE...``: what each file is and what it adds up to, one JSON object per file and line.

Status 0 when all were read, 1 when one was refused. Never a traceback.
"""

import argparse
import json
import sys
import traceback
from pathlib import Path

import format_loader
from console import main_guard

MAX_BYTES = 100 * 1024 * 1024


def refused(name, message, *, fmt=None, line=None, field=None):
    return {
        "file": name,
        "format": fmt,
        "ok": False,
        "summary": {},
        "lines": 0,
        "errors": [{"line": line, "field": field, "message": message}],
    }


def read(path):
    """The file's bytes, or a message why not.

    :return: (bytes or None, message or None)
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            return None, "This is not a file."
        if size == 0:
            return None, "The file is empty."
        if size > MAX_BYTES:
            return None, f"The file has {size // 1024 // 1024} MB; {MAX_BYTES // 1024 // 1024} MB is the limit."
        return path.read_bytes(), None
    except FileNotFoundError:
        return None, "There is no such file."
    except OSError as error:
        return None, f"The file cannot be read: {error.strerror}."


def inspect_bytes(name, data, packages, debug=False):
    """The JSON object of one file's content."""
    for package in packages:
        try:
            result = package.inspect(data, Path(name).name)
        except Exception as error:
            if debug:
                traceback.print_exc()
            addon = package.__name__.split(".")[2]
            return refused(name, f"The file could not be read by {addon}: {type(error).__name__}. Please report it.")
        if result is not None:
            return {"file": name, **result}
    return refused(name, "The file is of no known format: no acquirer report, bank file, delivery or e-invoice.")


def main():
    parser = argparse.ArgumentParser(prog="script/inspect", description=__doc__)
    parser.add_argument("--debug", action="store_true", help="print the traceback of an error of ours")
    parser.add_argument("files", nargs="+", metavar="FILE")
    arguments = parser.parse_args()
    packages = format_loader.with_inspect()
    status = 0
    for name in arguments.files:
        data, message = read(Path(name))
        result = refused(name, message) if message else inspect_bytes(name, data, packages, arguments.debug)
        status |= not result["ok"]
        print(json.dumps(result, ensure_ascii=False, default=str), flush=True)
    sys.stdout.flush()
    return int(status)


if __name__ == "__main__":
    main_guard(main)
