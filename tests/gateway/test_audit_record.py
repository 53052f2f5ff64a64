"""The record: one form for each value, a certificate that says all of design.md, a seal that holds or does not."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.fields import check_event
from gateway.audit.keys import SigningKey, key_ring
from gateway.audit.record import (
    MAX_SEALED_BYTES,
    CanonError,
    SealError,
    canonical,
    certificate,
    check_seal,
    decided,
    digest,
    leaf,
    open_seal,
    seal,
    timestamp,
)
from sanitizers.model import Check, Opinion
from tests.gateway.signed import MACHINE, POLICY, TIMES, certified, report, subject, withheld

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEY = st.text(st.characters(max_codepoint=127))
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return SigningKey.create(tmp_path_factory.mktemp("keys") / "signing.pem")


@pytest.fixture(scope="module")
def keys(key):
    return key_ring([key.public])


@given(VALUE)
def test_canonical_is_what_the_documentation_says(value):
    """docs/audit.md gives the recipe in the standard library; both must agree byte for byte."""
    said = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

    assert canonical(value) == said
    assert canonical(json.loads(said)) == said


@pytest.mark.parametrize(
    "value",
    [
        *(1.0, float("nan"), {"a": [1.5]}, 1 << 64, -(1 << 63) - 1),
        *("\ud800", ["\udfff"], {"名": 1}, {1: 2}, {None: 1}),
        *(b"a", {"a": object()}, {1, 2}, POLICY.rebuild, Check.MAGIC),
    ],
    ids=repr,
)
def test_what_has_two_readings_has_no_canonical_form(value):
    with pytest.raises(CanonError):
        canonical(value)


def test_nesting_without_end_has_no_canonical_form():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(CanonError):
        canonical(deep)


def test_a_leaf_is_that_of_rfc_6962():
    assert leaf(b"").hex() == hashlib.sha256(b"\x00").hexdigest()
    assert leaf(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"


def test_times_are_utc_with_microseconds():
    assert timestamp(0) == "1970-01-01T00:00:00.000000Z"
    assert timestamp(1_800_000_000_000_001_999) == "2027-01-15T08:00:00.000001Z"


def test_a_certificate_says_what_design_asks_for():
    told = certified(members=(report(name="内訳.csv"),))

    assert told == {
        "v": 1,
        "id": "f1",
        "tenant": "city",
        "direction": "inbound",
        "sender": "staff",
        "room": "水防",
        "name": "写真.jpg",
        "name_out": "写真.txt",
        "media_type": "text/plain",
        "verdict": "sanitized",
        "reason": None,
        "rebuild": "full",
        "copy_type": None,
        "sha256_in": told["sha256_in"],
        "sha256_out": told["sha256_out"],
        "size_in": 20,
        "size_out": 12,
        "findings": [
            {"vector": "IMG-08", "where": "APP1 at 20", "action": "removed", "detail": "Exif, 812 bytes", "count": 1}
        ],
        "members": told["members"],
        "policy": {"name": "default", "sha256": POLICY.digest},
        "judge": {"accepted": True, "check": None, "where": ""},
        "confinement": {"tier": 1, "name": "rlimits"},
        "versions": {"sekisho": "0.1.0", "libpng": "1.6.50"},
        "times": {
            "received": "2027-01-15T08:00:00.123456Z",
            "queued": "2027-01-15T08:00:00.123456Z",
            "started": "2027-01-15T08:00:01.123456Z",
            "ended": "2027-01-15T08:00:02.123456Z",
        },
    }
    assert told["members"][0]["name"] == "内訳.csv"
    assert told["members"][0]["findings"] == told["findings"]
    canonical(told)


def test_a_withheld_file_has_a_certificate_too():
    told = certificate(
        subject(), withheld(), None, policy=POLICY, machine=MACHINE, times=TIMES, name_out=None, size_out=None
    )

    assert (told["verdict"], told["reason"], told["sha256_out"], told["size_out"]) == (
        "blocked",
        "malformed",
        None,
        None,
    )
    assert (told["name_out"], told["judge"]) == (None, None)
    refused = certified(opinion=Opinion(False, Check.IMAGE, "marker 0xE1 at 20"))
    assert refused["judge"] == {"accepted": False, "check": "V-IMG", "where": "marker 0xE1 at 20"}


def test_the_log_s_event_of_a_certificate_holds_no_name(key):
    sealed = seal(certified(), key)
    event = decided(sealed)

    check_event(event)
    assert event["certificate_sha256"] == digest(certified())
    assert (event["key"], event["signature"]) == (sealed["key"], sealed["signature"])
    assert not {"写真.jpg", "写真.txt", "水防"} & set(map(str, event.values()))


def test_text_that_utf8_cannot_say_is_spelled_out():
    """A worker taken over may put lone surrogates anywhere; the certificate is made nonetheless."""
    hostile = replace(report(), name="\ud83d.txt", findings=(replace(report().findings[0], where="\udc80"),))
    told = certified(name=hostile.name, findings=hostile.findings)

    assert told["name_out"] == "\\ud83d.txt"
    assert told["findings"][0]["where"] == "\\udc80"
    canonical(told)


def test_a_sealed_certificate_opens_again(key, keys):
    sealed = seal(certified(), key)

    assert set(sealed) == {"certificate", "key", "signature"}
    assert open_seal(canonical(sealed), keys) == certified()
    assert digest(certified()) == hashlib.sha256(canonical(certified())).hexdigest()


def paths(value, path=()):
    """Every place in a nested value."""
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from paths(inner, (*path, number))


def changed(value, path):
    """A copy of the value that differs at one place."""
    value = json.loads(json.dumps(value))
    if not path:
        return []
    *before, last = path
    holder = value
    for step in before:
        holder = holder[step]
    holder[last] = {str: lambda v: v + "0", int: lambda v: v + 1, bool: lambda v: not v}.get(
        type(holder[last]), lambda v: "other"
    )(holder[last])
    return value


SEALED_PATHS = list(paths({"certificate": certified(members=(report(name="内訳.csv"),)), "key": "", "signature": ""}))


@pytest.mark.parametrize("path", SEALED_PATHS, ids=lambda path: "/".join(map(str, path)) or "whole")
def test_any_change_breaks_the_seal(key, keys, path):
    sealed = seal(certified(members=(report(name="内訳.csv"),)), key)

    with pytest.raises(SealError):
        open_seal(canonical(changed(sealed, path)), keys)


@pytest.mark.parametrize("path", [path for path in SEALED_PATHS if path and not isinstance(path[-1], int)], ids=str)
def test_any_field_left_out_breaks_the_seal(key, keys, path):
    sealed = json.loads(json.dumps(seal(certified(members=(report(name="内訳.csv"),)), key)))
    holder = sealed
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]

    with pytest.raises(SealError):
        open_seal(canonical(sealed), keys)


def respelled(text: bytes) -> dict[str, bytes]:
    """The same values in other bytes, and other values in bytes that some readers take for the same."""
    return {
        "blank": text.replace(b":", b": ", 1),
        "newline at the end": text + b"\n",
        "byte order mark": b"\xef\xbb\xbf" + text,
        "escaped letter": text.replace(b'"city"', b'"cit\\u0079"'),
        "escaped slash": text.replace(b"text/plain", b"text\\/plain"),
        "key twice, first differs": text.replace(b'"id":"f1"', b'"id":"f2","id":"f1"'),
        "key twice, last differs": text.replace(b'"id":"f1"', b'"id":"f1","id":"f2"'),
        "key twice at the top": text[:-1] + b',"key":"0"}',
        "float": text.replace(b'"size_in":20', b'"size_in":20.0'),
        "exponent": text.replace(b'"size_in":20', b'"size_in":2e1'),
        "minus zero": text.replace(b'"size_in":20', b'"size_in":-0'),
        "further key": text[:-1] + b',"z":1}',
        "order": b'{"signature":'
        + text.split(b'"signature":')[1][:-1]
        + b","
        + text[1:].split(b',"signature"')[0]
        + b"}",
        "cut": text[:-1],
        "twice": text + text,
        "not UTF-8": text.replace(b'"city"', b'"cit\xff"'),
        "nothing": b"",
        "null": b"null",
        "deep": b"[" * 3000 + b"]" * 3000,
        "too long": b'"' + b" " * MAX_SEALED_BYTES + b'"',
    }


@pytest.mark.parametrize("how", respelled(b'{"x":1,"signature":""}'))
def test_one_spelling_only(key, keys, how):
    text = canonical(seal(certified(), key))
    other = respelled(text)[how]
    assert other != text

    with pytest.raises(SealError):
        open_seal(other, keys)


@pytest.mark.parametrize(
    "signature",
    [None, 1, "", "AAAA", "é" * 88, base64.b64encode(b"\0" * 63).decode(), base64.b64encode(b"\0" * 65).decode()],
)
def test_what_is_no_signature_is_refused(key, keys, signature):
    with pytest.raises(SealError):
        check_seal(seal(certified(), key) | {"signature": signature}, keys)


def test_the_loose_bits_of_base64_are_looked_at(key, keys):
    sealed = seal(certified(), key)
    text = sealed["signature"]
    twin = next(
        text[:-3] + letter + "=="
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        if letter != text[-3] and base64.b64decode(text[:-3] + letter + "==") == base64.b64decode(text)
    )

    with pytest.raises(SealError, match="base64"):
        check_seal(sealed | {"signature": twin}, keys)


def test_a_stranger_s_seal_is_refused(key, keys, tmp_path):
    stranger = SigningKey.create(tmp_path / "stranger.pem")

    with pytest.raises(SealError, match="not trusted"):
        check_seal(seal(certified(), stranger), keys)
    with pytest.raises(SealError, match="does not fit"):
        check_seal(seal(certified(), stranger) | {"key": key.id}, keys)


def test_a_seal_of_one_kind_never_passes_for_another(key, keys):
    sealed = seal(certified(), key, "manifest")
    renamed = {"certificate": sealed["manifest"], "key": sealed["key"], "signature": sealed["signature"]}

    with pytest.raises(SealError, match="does not fit"):
        check_seal(renamed, keys)
    with pytest.raises(SealError):
        check_seal(sealed, keys)


@pytest.mark.parametrize("version", [0, 2, "1", True, None])
def test_a_payload_of_another_version_is_refused(key, keys, version):
    with pytest.raises(SealError):
        check_seal(seal(certified() | {"v": version}, key), keys)


def test_the_recipe_of_the_documentation_verifies_a_certificate(key, keys, tmp_path):
    """The Python block of docs/audit.md is run as it stands there."""
    text = Path(__file__).parents[2].joinpath("docs/audit.md").read_text(encoding="utf-8")
    recipe = re.search(r"```python\n(# verify\.py.*?)```", text, re.DOTALL)
    assert recipe is not None
    (tmp_path / "verify.py").write_text(recipe[1], encoding="utf-8")
    (tmp_path / "public.pem").write_bytes(key.public_pem())
    sealed = canonical(seal(certified(), key))
    command = [sys.executable, "verify.py", "certificate.json", "public.pem"]

    (tmp_path / "certificate.json").write_bytes(sealed)
    good = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    (tmp_path / "certificate.json").write_bytes(sealed.replace(b'"city"', b'"town"'))
    bad = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert good.returncode == 0, good.stderr
    assert digest(certified()) in good.stdout
    assert bad.returncode != 0


@pytest.mark.skipif(not (shutil.which("jq") and shutil.which("openssl")), reason="jq or openssl is not installed")
def test_the_shell_recipe_of_the_documentation_verifies_a_certificate(key, tmp_path):
    text = Path(__file__).parents[2].joinpath("docs/audit.md").read_text(encoding="utf-8")
    recipe = re.search(r"```sh\n(.*?)sha256sum", text, re.DOTALL)
    assert recipe is not None
    (tmp_path / "public.pem").write_bytes(key.public_pem())
    sealed = canonical(seal(certified(), key))

    (tmp_path / "certificate.json").write_bytes(sealed)
    good = subprocess.run(recipe[1], shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    (tmp_path / "certificate.json").write_bytes(sealed.replace(b'"city"', b'"town"'))
    bad = subprocess.run(recipe[1], shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert good.returncode == 0, good.stderr
    assert bad.returncode != 0
