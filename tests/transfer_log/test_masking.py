"""Secrets and personal numbers never reach the stored bodies."""

import json
import re
from decimal import Decimal

import pytest

from odoo.addons.transfer_log.masking import MASK, MAX_LENGTH, mask


@pytest.mark.parametrize(
    "body",
    [
        {"access_token": "S3CR3T", "nested": [{"clientSecret": "S3CR3T"}]},
        '{"refresh_token": "S3CR3T"}',
        b'{"Password": "S3CR3T"}',
        "grant_type=refresh_token&refresh_token=S3CR3T&client_secret=S3CR3T",
        "code=S3CR3TS3CR3T&state=x",
        "Authorization: Bearer S3CR3T.abc-def",
        '{"broken json, api_key: "S3CR3T"',
        {"headers": {"Authorization": "Bearer S3CR3T"}},
        {"X-AppSecretToken": "S3CR3T", "X-AgreementGrantToken": "S3CR3T"},
        {"code": "S3CR3TS3CR3TS3CR3T"},
        "<soap:Body><wsse:Password Type='x'>S3CR3T</wsse:Password></soap:Body>",
        "<ApiKey>S3CR3T</ApiKey>",
    ],
)
def test_secret_is_masked(body):
    text = mask(body)
    assert "S3CR3T" not in text
    assert MASK in text


@pytest.mark.parametrize(
    "number",
    ["010190-1234", "311299-4321", "900101-1234", "19900101-1234", "131052-308T", "010190A123X", "010190 12345"],
)
def test_personal_number_is_masked(number):
    assert number not in mask({"Comment": f"cpr {number}"})
    assert number not in mask(f"cpr {number}")


@pytest.mark.parametrize(
    "body",
    [
        "CPR 0101901234",
        "cpr-nr.: 010190 1234",
        '<cbc:ID schemeID="DK:CPR">0101901234</cbc:ID>',
        {"Comment": "cpr: 0101901234"},
        {"fødselsnummer": "01019012345"},
        {"text": "født 01010750160"},
    ],
)
def test_personal_number_without_separator_is_masked_where_it_is_known(body):
    text = mask(body)
    assert not re.search(r"\d{6}", text), text


@pytest.mark.parametrize(
    "text", ["Faktura 0101901234", "tlf. 4512345678", "konto 12345678911", "KID 01019012345", "guid 20261111-4111-8111"]
)
def test_other_numbers_stay(text):
    assert mask(text) == text


def test_invoice_stays_readable():
    body = {
        "Guid": "11111111-1111-4111-8111-111111111102",
        "Date": "2026-11-03",
        "TotalInclVat": Decimal("318.75"),
        "Phone": "+45 12 34 56 78",
    }
    assert json.loads(mask(body)) == body | {"TotalInclVat": 318.75}


def test_error_number_stays():
    assert json.loads(mask('{"code": 42, "message": "Validation Error"}'))["code"] == 42


def test_size_and_depth_are_limited():
    assert len(mask("x" * (MAX_LENGTH * 3))) < MAX_LENGTH + 100
    deep = []
    for _level in range(500):
        deep = [deep]
    assert "…" in mask(deep)
    assert mask("[" * 100_000)


def test_binary_and_nothing():
    assert mask(b"\xff\xfe\x00") == "(3 bytes)"
    assert mask(None) == mask("") == ""
