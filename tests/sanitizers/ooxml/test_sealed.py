"""Office packages behind a password: with it they are opened and rebuilt, without they are not called clean."""

import hashlib
import io

import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from policies.load import load_policy
from sanitizers.errors import Reason
from sanitizers.model import Order, Verdict
from sanitizers.pipeline import sanitize
from tests.sanitizers.ooxml.packages import docx, members

POLICY = load_policy("default")
BODY = "<w:p><w:r><w:t>納税証明書</w:t></w:r></w:p><w:altChunk/>"


def sealed(password):
    whole = io.BytesIO()
    noise = b"".join(hashlib.sha256(bytes((n,))).digest() for n in range(200))
    package = docx(BODY).put("word/noise.bin", "application/octet-stream", noise).data()
    OOXMLFile(io.BytesIO(package)).encrypt(password, whole)
    return whole.getvalue()


def clean(data, *passwords):
    return sanitize(data, Order(name="証明.docx", policy=POLICY, passwords=passwords))


@pytest.mark.parametrize(
    ("password", "given", "vector"),
    [("1234", ("wrong", "1234"), "OOXML-56"), ("VelvetSweatshop", (), "OOXML-55")],
)
def test_a_package_is_opened_and_what_is_inside_is_rebuilt(password, given, vector):
    outcome = clean(sealed(password), *given)

    assert outcome.report.verdict is Verdict.SANITIZED
    assert outcome.report.name == "証明.docx"
    assert [finding.vector for finding in outcome.report.findings] == [vector]
    assert "OOXML-15" in [finding.vector for finding in outcome.report.members[0].findings]
    assert "納税証明書".encode() in members(outcome.data)["word/document.xml"]


@pytest.mark.parametrize("given", [(), ("wrong",)])
def test_without_its_password_a_package_waits(given):
    outcome = clean(sealed("1234"), *given)

    assert outcome.data is None
    assert outcome.report.reason is Reason.ENCRYPTED
    assert {"OOXML-56", "GEN-13"} == {finding.vector for finding in outcome.report.findings}


def test_a_broken_one_is_malformed():
    whole = sealed("1234")
    outcome = clean(whole.replace(b"spinCount", b"spinCounT"), "1234")

    assert outcome.report.reason is Reason.MALFORMED


def test_a_password_that_would_take_minutes_is_not_tried():
    whole = sealed("1234")
    assert b'spinCount="100000"' in whole
    outcome = clean(whole.replace(b'spinCount="100000"', b'spinCount="999999"'), "1234")

    assert outcome.report.reason is Reason.LIMIT
