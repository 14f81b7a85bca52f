"""Numbers that name a company, in the ways they are written."""

import re


def variants(number, country=""):
    """All the ways one VAT or register number is kept: with and without country, MVA, 01, hyphen.

    >>> sorted(variants("NO977187761MVA"))
    ['977187761', 'NO977187761', 'NO977187761MVA']
    """
    plain = re.sub(r"[\s.\-]", "", number or "").upper()
    if not plain:
        return set()
    if re.match(r"[A-Z]{2}", plain):
        country, bare = plain[:2], plain[2:]
    else:
        bare = plain
    found = {plain, bare}
    if country:
        found.add(country + bare)
    digits = bare.removesuffix("MVA")
    if country == "NO" and re.fullmatch(r"\d{9}", digits):
        found |= {digits, f"NO{digits}", f"NO{digits}MVA"}
    if country == "SE" and re.fullmatch(r"\d{10}(01)?", bare):
        base = bare[:10]
        found |= {base, f"{base[:6]}-{base[6:]}", f"SE{base}01"}
    if country == "FI" and re.fullmatch(r"\d{8}", bare):
        found |= {bare, f"{bare[:7]}-{bare[7]}", f"FI{bare}"}
    return found


def base(number, country=""):
    """The shortest of the ways: what two documents of one sender have in common."""
    found = variants(number, country)
    return min(found, key=lambda each: (len(each), each)) if found else ""
