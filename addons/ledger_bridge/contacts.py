"""Which field of a contact goes which way, and which contact over there is which of ours. Plain Python.

A contact is a mapping of ``FIELDS`` to text ("" when empty). The other side has no time stamp of a contact
(accounting-apis A6.1), so each side is compared with the values both had when they were last in step.
"""

import re

FIELDS = ("name", "street", "zip", "city", "country", "phone", "email", "vat", "gln", "website")
KEYS = ("vat", "email", "phone", "gln", "number")
TO, FROM, NEVER = "to", "from", "never"


def key_of(key, value):
    """A value as it is compared: letters and digits of numbers, Danish numbers without their country."""
    text = (value or "").strip().casefold()
    if key == "email":
        return text
    text = re.sub(r"[^0-9a-zæøå]", "", text)
    if key == "vat":
        return re.sub(r"^dk(?=\d{8}$)", "", text)
    if key == "phone":
        return re.sub(r"^(?:0045|45)(?=\d{8}$)", "", text)
    return text


def plan(directions, ours, theirs, snapshot=None):
    """What an update does, field by field.

    :param dict directions: field to ``to``, ``from`` or ``never``; a field that is not named goes nowhere
    :param dict snapshot: the values both sides had when they were last in step; ``None``: never yet
    :return: ``(send, take, conflicts)``: values to send, values to take, names of fields both sides changed.
        An empty value never erases one that the other side filled in by itself.
    """
    send, take, conflicts = {}, {}, []
    for name, direction in directions.items():
        here, there = ours.get(name) or "", theirs.get(name) or ""
        if here == there or direction == NEVER:
            continue
        last = None if snapshot is None else snapshot.get(name)
        if direction == FROM:
            if there or here == last:
                take[name] = there
        elif last is None:
            if here:
                send[name] = here
        elif there == last:
            send[name] = here
        elif here != last:
            conflicts.append(name)
    return send, take, conflicts


def in_step(ours, theirs, send, take, snapshot=None, names=FIELDS):
    """The snapshot after an update by ``plan`` of the fields ``names``. A field only the other side changed keeps its
    old value in it, so that a later change here is seen as one of both sides."""
    step = {}
    for name in names:
        here, there = ours.get(name) or "", theirs.get(name) or ""
        if name in send:
            step[name] = send[name]
        elif name in take or here == there:
            step[name] = there
        elif snapshot is not None and name in snapshot:
            step[name] = snapshot[name]
    return step


def match(ours, theirs, keys, key_of=key_of):
    """Propose which contact over there is which of ours. Nothing is guessed.

    :param ours: list of ``(id, {key: value})``
    :param theirs: list of ``(remote id, {key: value})``
    :param keys: in this order; the first by which anything fits decides
    :param key_of: ``key_of(key, value)``, a value as it is compared; "" when it cannot be
    :return: ``(links, conflicts)``: ``{id: (remote id, key)}`` where exactly one fits one, and
        ``{id: (remote ids, key)}`` where several fit, or where one of theirs fits several of ours
    """
    links, conflicts = {}, {}
    indexes = {key: (_index(ours, key, key_of), _index(theirs, key, key_of)) for key in keys}
    claims = {}
    for number, values in ours:
        for key in keys:
            value = key_of(key, values.get(key))
            found = indexes[key][1].get(value, []) if value else []
            if not found:
                continue
            if len(found) > 1 or len(indexes[key][0][value]) > 1:
                conflicts[number] = (found, key)
            else:
                claims.setdefault(found[0], []).append((number, key))
            break
    for remote_id, claimants in claims.items():
        disputed = len(claimants) > 1
        for number, key in claimants:
            if disputed:
                conflicts[number] = ([remote_id], key)
            else:
                links[number] = (remote_id, key)
    return links, conflicts


def _index(rows, key, key_of):
    found = {}
    for number, values in rows:
        if value := key_of(key, values.get(key)):
            found.setdefault(value, []).append(number)
    return found
