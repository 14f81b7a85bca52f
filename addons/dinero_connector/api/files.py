"""Files of Dinero (accounting-apis A6.13). What a row of the list is called is not documented: each is read under the
names seen elsewhere in the same interface, keys in lower case. Plain Python."""

import json

from .errors import DineroError

MAX_COMPARED = 50  # files without a name whose content is looked at, the last ones of the list


def guid(row):
    """The guid of a file, in an answer or in a row of the list."""
    value = row.get("fileguid") or row.get("guid") if isinstance(row, dict) else None
    if not value:
        raise DineroError("no_answer", "Dinero's answer names no file", response=row)
    return str(value)


def name(row):
    """ "" where the list tells none."""
    return str(row.get("filename") or row.get("name") or "")


def candidates(rows, wanted):
    """Files that may be the one called ``wanted``: those of that name, or those without any."""
    named = [row for row in rows if name(row) == wanted]
    return named or [row for row in rows if not name(row)][-MAX_COMPARED:]


def is_linked(row, document):
    """Whether a file is with this document."""
    return document.lower() in json.dumps(row.get("linked") or [], default=str).lower()
