"""The examples in the docstrings are the specification's vectors; they are run here."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["calendar", "errors", "values"])
def test_examples_hold(name):
    module = importlib.import_module(f"odoo.addons.betalingsservice.formats.{name}")
    result = doctest.testmod(module)
    assert result.attempted, "no examples"
    assert not result.failed
