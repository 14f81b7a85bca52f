"""The layout of our XML files: four spaces a level, one final line end, no tabs, an XML declaration in capitals.

Only lines that begin with a tag are judged: texts and wrapped attributes keep the layout their author gave them.
"""

import re

DECLARATION = re.compile(r'^<\?xml version="1\.0" encoding="UTF-8"\s*\?>$')
TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(/?)([\w:.-]+)((?:\"[^\"]*\"|'[^']*'|[^<>\"'])*?)(/?)>", re.S
)
INDENT = 4
MAX_LENGTH = 140


def check(text):
    """(line, fault) pairs of an XML text."""
    lines = text.split("\n")
    if not DECLARATION.match(lines[0]):
        yield 1, 'the first line must be <?xml version="1.0" encoding="UTF-8"?>'
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield len(lines), "the file must end with one line end"
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            yield number, "a tab: use four spaces"
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if len(line) > MAX_LENGTH:
            yield number, f"{len(line)} characters: {MAX_LENGTH} at most"
    yield from _indents(text)


def _indents(text):
    depth = 0
    for token in TOKEN.finditer(text):
        tag = token[2]
        closing, empty = token[1] == "/", token[4] == "/"
        if tag and closing:
            depth -= 1
        start = text.rfind("\n", 0, token.start()) + 1
        before = text[start : token.start()]
        if tag and not before.strip() and len(before) != depth * INDENT:
            yield text.count("\n", 0, token.start()) + 1, f"indented by {len(before)}, should be {depth * INDENT}"
        if tag and not closing and not empty:
            depth += 1


def fix(text):
    """The text with tabs, line ends, declaration and the indent of lines beginning with a tag set right."""
    text = "\n".join(line.rstrip().replace("\t", " " * INDENT) for line in text.strip().split("\n")) + "\n"
    first = text.split("\n", 1)[0]
    if first.startswith("<?xml"):
        text = '<?xml version="1.0" encoding="UTF-8"?>\n' + text.split("\n", 1)[1]
    else:
        text = '<?xml version="1.0" encoding="UTF-8"?>\n' + text
    wrong = {line: fault for line, fault in _indents(text) if fault.startswith("indented")}
    lines = text.split("\n")
    for line, fault in wrong.items():
        lines[line - 1] = " " * int(fault.rsplit(" ", 1)[1]) + lines[line - 1].lstrip()
    return "\n".join(lines)
