"""How collections leave: the formats a creditor may choose, by code.

A format is a module with

* ``code`` and ``DELIVERY_TYPE``;
* ``filename(head) -> str``;
* ``write_lines(delivery) -> iterator of bytes``, from the dataclasses of :mod:`delivery_0601`, streamed;
* ``Reader(source)`` with ``events()`` and ``walker`` (faults, totals, number of records), by which the file is read
  back before it may leave.

The operator also names an XML delivery (PBSXML000); no schema and no sample of it could be had, so none is shipped. An
addon that has one registers it here and adds it to the creditor's field ``collection_format``.
"""

from . import delivery_0601

FORMATS = {delivery_0601.code: delivery_0601}


def register(module):
    """Make a collection format known."""
    FORMATS[module.code] = module
    return module
