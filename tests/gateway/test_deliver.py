"""Manifests: what is signed is what is checked, and each field that does not hold is refused by name."""

import json

import pytest

from gateway.audit.keys import SigningKey, key_ring
from gateway.audit.record import canonical, digest, seal
from gateway.deliver import Refusal, RefusedError, check_manifest, check_offer, manifest, offer, return_address
from gateway.spool.base import Delivery
from sanitizers.errors import Reason
from sanitizers.model import Check, Opinion
from tests.gateway.signed import CLEAN, POLICY, SHA256, START, certified


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return SigningKey.create(tmp_path_factory.mktemp("keys") / "signing.pem")


@pytest.fixture(scope="module")
def keys(key):
    return key_ring([key.public])


def lent(key, told=None, **other):
    values = {
        "id": "f1",
        "tenant": "city",
        "consumer": "lgwan",
        "seq": 7,
        "name": "写真.txt",
        "media_type": "text/plain",
        "size": len(CLEAN),
        "sha256": SHA256,
        "certificate": canonical(seal(told or certified(), key)),
        "lease": "0123abcd",
        "attempt": 1,
    }
    return Delivery(**(values | other))


def offered(key, told=None, **other):
    return json.loads(json.dumps(offer(lent(key, told, **other), key, START)))


def resealed(key, offered_item, **changes):
    """The same offer with a manifest that says something else, signed by the right key."""
    told = offered_item["manifest"]["manifest"] | changes
    return offered_item | {"manifest": seal(told, key, "manifest")}


def refusal(untrusted, keys, consumer="lgwan"):
    with pytest.raises(RefusedError) as error:
        check_offer(untrusted, keys, consumer)
    return error.value.reason


def test_an_offer_is_proved_and_read(key, keys):
    found = check_offer(offered(key), keys, "lgwan")

    assert (found.manifest.id, found.manifest.seq, found.manifest.lease) == ("f1", 7, "0123abcd")
    assert (found.manifest.name, found.manifest.size, found.manifest.sha256) == ("写真.txt", 12, SHA256)
    assert found.manifest.policy_sha256 == POLICY.digest
    assert found.manifest.certificate_sha256 == digest(certified())
    assert found.manifest.issued == "2027-01-15T08:00:00.123456Z"
    assert found.key == key.id
    assert found.proof == offered(key)


MANIFEST_FIELDS = [
    *("v", "id", "tenant", "consumer", "seq", "name", "media_type", "size", "sha256", "policy", "policy_sha256"),
    *("certificate_sha256", "lease", "issued"),
]


def other(value):
    return value + 1 if isinstance(value, int) else value[:-1] + ("0" if value[-1] != "0" else "1")


def test_the_table_of_fields_is_complete(key):
    assert sorted(offered(key)["manifest"]["manifest"]) == sorted(MANIFEST_FIELDS)


@pytest.mark.parametrize("field", MANIFEST_FIELDS)
def test_a_field_changed_on_the_way_is_refused(key, keys, field):
    untrusted = offered(key)
    told = untrusted["manifest"]["manifest"]
    told[field] = other(told[field])

    assert refusal(untrusted, keys) is Refusal.SIGNATURE


@pytest.mark.parametrize("field", MANIFEST_FIELDS)
@pytest.mark.parametrize("value", [None, "", -1, 1.5, True, [], {}, "a\nb", "x" * 2000], ids=repr)
def test_a_field_of_another_shape_is_refused_even_when_it_is_signed(key, keys, field, value):
    try:
        untrusted = resealed(key, offered(key), **{field: value})
    except ValueError:  # a float cannot even be signed
        untrusted = offered(key)
        untrusted["manifest"]["manifest"][field] = value

    assert refusal(untrusted, keys) in (Refusal.MALFORMED, Refusal.SIGNATURE, Refusal.NAME)


@pytest.mark.parametrize("field", sorted(set(MANIFEST_FIELDS) - {"seq", "lease", "issued", "consumer", "v"}))
def test_a_manifest_that_says_something_else_than_the_certificate_is_refused(key, keys, field):
    untrusted = offered(key)
    changed = {
        "id": "f2",
        "tenant": "town",
        "name": "別.txt",
        "media_type": "text/csv",
        "size": 13,
        "policy": "strict",
    }.get(field, "0" * 64)

    assert refusal(resealed(key, untrusted, **{field: changed}), keys) in (Refusal.CERTIFICATE, Refusal.NAME)


def test_fields_left_out_or_added_are_refused(key, keys):
    for field in MANIFEST_FIELDS:
        untrusted = offered(key)
        told = {name: value for name, value in untrusted["manifest"]["manifest"].items() if name != field}
        untrusted["manifest"] = seal(told, key, "manifest")
        assert refusal(untrusted, keys) in (Refusal.MALFORMED, Refusal.SIGNATURE)
    assert refusal(resealed(key, offered(key), extra=1), keys) is Refusal.MALFORMED
    assert refusal(offered(key) | {"extra": 1}, keys) is Refusal.MALFORMED


def test_another_key_is_refused_for_either_half(key, keys, tmp_path):
    stranger = SigningKey.create(tmp_path / "stranger.pem")
    good, bad = offered(key), offered(stranger)

    assert refusal(bad, keys) is Refusal.SIGNATURE
    assert refusal(good | {"manifest": bad["manifest"]}, keys) is Refusal.SIGNATURE
    assert refusal(good | {"certificate": bad["certificate"]}, keys) is Refusal.SIGNATURE
    assert refusal(good, key_ring([])) is Refusal.SIGNATURE


def test_two_keys_are_trusted_while_one_is_replaced(key, tmp_path):
    new = SigningKey.create(tmp_path / "new.pem")

    for signer in (key, new):
        assert check_offer(offered(signer), key_ring([key.public, new.public]), "lgwan").key == signer.id


def test_a_certificate_never_passes_for_a_manifest(key, keys):
    good = offered(key)

    assert refusal(good | {"manifest": good["certificate"]}, keys) is Refusal.SIGNATURE


def test_what_is_meant_for_another_receiver_is_refused(key, keys):
    assert refusal(offered(key), keys, "lgwan-2") is Refusal.CONSUMER
    with pytest.raises(RefusedError):
        check_manifest(manifest(lent(key), certified(), key, START), keys, "lgwan-2")


def test_a_certificate_of_another_file_is_refused(key, keys):
    theirs = offered(key, certified("f2"), id="f2")

    assert refusal(offered(key) | {"certificate": theirs["certificate"]}, keys) is Refusal.CERTIFICATE


def test_a_copy_that_no_judge_accepted_is_refused(key, keys):
    doubted = certified(opinion=Opinion(False, Check.TEXT, "byte 3"))

    assert refusal(offered(key, doubted), keys) is Refusal.CERTIFICATE
    for judge in (None, {"accepted": 1, "check": None, "where": ""}, {"accepted": True}, {}, True):
        assert refusal(offered(key, certified() | {"judge": judge}), keys) is Refusal.CERTIFICATE


@pytest.mark.parametrize("changed", [{"verdict": "blocked"}, {"verdict": "failed"}, {"reason": "malformed"}, {"v": 2}])
def test_a_certificate_of_a_withheld_file_is_refused(key, keys, changed):
    assert refusal(offered(key, certified() | changed), keys) in (Refusal.CERTIFICATE, Refusal.SIGNATURE)


@pytest.mark.parametrize(
    "name",
    [
        *("../写真.txt", "a/b.txt", "a\\b.txt", "/etc/passwd.txt", "..", ".", ".txt", ".hidden.txt"),
        *("写真\u202etxt.exe.txt", "写真\u200b.txt", "a\x00.txt", "a\r\n.txt", "CON.txt", "a.txt ", "a.txt.", " a.txt"),
        *("写真：.txt", "C:a.txt", "写真.exe", "写真.txt.lnk", "写真", "x" * 220 + ".txt", "~$a.txt", "か\u3099.txt"),
    ],
)
def test_a_hostile_name_is_refused_though_it_is_signed(key, keys, name):
    untrusted = offered(key, certified(name=name), name=name)

    assert refusal(untrusted, keys) is Refusal.NAME


@pytest.mark.parametrize(
    "name", ["写真.txt", "第１回　会議.txt", "髙﨑.TXT", "\ue000外字.txt", "a b (2).log", "葛\U000e0100.txt"]
)
def test_an_ordinary_name_is_taken_as_it_is(key, keys, name):
    assert check_offer(offered(key, certified(name=name), name=name), keys, "lgwan").manifest.name == name


@pytest.mark.parametrize("tenant", ["..", ".records", "a/b", "a\\b", "CON", "a:b", " "])
def test_a_hostile_tenant_is_refused(key, keys, tenant):
    untrusted = offered(key, certified() | {"tenant": tenant}, tenant=tenant)

    assert refusal(untrusted, keys) in (Refusal.NAME, Refusal.MALFORMED)


@pytest.mark.parametrize("identifier", ["../f1", "", ".", "..", "-f1", "f1/", "f 1", "f1\n", "ｆ１", "x" * 129])
def test_a_hostile_id_is_refused_and_not_answered(key, keys, identifier):
    untrusted = offered(key, certified(identifier), id=identifier)

    assert refusal(untrusted, keys) is Refusal.MALFORMED
    assert return_address(untrusted) is None


@pytest.mark.parametrize("untrusted", [None, [], {}, "x", 1, {"manifest": None, "certificate": None}, {"manifest": {}}])
def test_what_is_no_offer_is_refused(keys, untrusted):
    assert refusal(untrusted, keys) in (Refusal.MALFORMED, Refusal.SIGNATURE)
    assert return_address(untrusted) is None


def test_an_offer_without_proof_can_still_be_answered(key):
    assert return_address(offered(key)) == ("f1", "0123abcd")


def test_only_what_can_never_change_is_final():
    assert {reason: reason.final for reason in Refusal if reason.final} == {
        Refusal.NAME: Reason.NONSENSE,
        Refusal.NOT_ADMITTED: Reason.NOT_ADMITTED,
        Refusal.STRUCTURE: Reason.REFUSED_BY_JUDGE,
        Refusal.CONFLICT: Reason.NONSENSE,
    }
