"""The examples in the docstrings are the specification's vectors; they are run here."""

import doctest
import importlib

import pytest

MODULES = ["barcode", "errors", "fi", "kid", "ocr", "recognition", "rf", "viite"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name):
    module = importlib.import_module(f"odoo.addons.nordic_payment_reference.formats.{name}")
    result = doctest.testmod(module)
    assert result.attempted, "no examples"
    assert not result.failed
