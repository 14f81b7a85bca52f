"""README.md of an addon, made from its readme/ fragments so that the two never differ."""

import database
from layout import ADDONS

FRAGMENTS = (("DESCRIPTION", ""), ("CONFIGURE", "Set-up"), ("USAGE", "Use"))


def text(addon):
    """The README of ``addon``: title from the manifest, then the fragments in order."""
    manifest = database.manifest(addon)
    parts = [f"# {manifest['name']}", f"Addon `{addon}` for Odoo 19 Community. Licence: {manifest['license']}."]
    for name, title in FRAGMENTS:
        path = ADDONS / addon / "readme" / f"{name}.md"
        if path.exists():
            parts += [f"## {title}"] if title else []
            parts.append(path.read_text(encoding="utf-8").strip())
    return "\n\n".join(parts) + "\n"


def check(addon, fix=False):
    """Faults of the addon's README; with ``fix`` it is written."""
    path = ADDONS / addon / "README.md"
    wanted = text(addon)
    if path.exists() and path.read_text(encoding="utf-8") == wanted:
        return []
    if fix:
        path.write_text(wanted, encoding="utf-8")
        return []
    return [f"addons/{addon}/README.md is not what readme/ says: run script/lint --fix"]
