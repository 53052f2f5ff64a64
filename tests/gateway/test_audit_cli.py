"""sekisho audit, as an auditor meets it: what holds is exit 0, what was changed is told (1), the rest is usage (2)."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.audit.check import Fault, check_log
from gateway.audit.checkpoint import sign
from gateway.audit.head import Head
from gateway.audit.keys import NameKey, SigningKey, key_ring
from gateway.audit.log import AuditLog
from gateway.audit.merkle import root
from gateway.audit.record import canonical, decided, digest, leaf, seal
from gateway.cli.main import main
from gateway.deliver import MANIFEST
from tests.gateway.signed import CLEAN, certified

NAME = "写真.txt"
FILES = 6  # in the log, with four lines each


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def key(tmp_path):
    made = SigningKey.create(tmp_path / "signing.pem")
    (tmp_path / "public.pem").write_bytes(made.public_pem())
    return made


@pytest.fixture
def folder(tmp_path, key) -> Path:
    """A log of a few files in several segments, as the gateway writes it."""
    with AuditLog.open(tmp_path / "audit", segment_bytes=3000) as log:
        log.append([{"event": "started", "role": "gateway"}])
        for number in range(FILES):
            identifier = f"f{number}"
            sealed = seal(certified(identifier), key)
            sha256 = sealed["certificate"]["sha256_out"]
            log.append([{"event": "received", "id": identifier, "tenant": "city", "size": 20, "sha256": sha256}])
            log.append([decided(sealed), {"event": "released", "id": identifier}])
            log.append([{"event": "delivered", "id": identifier, "consumer": "lgwan", "sha256": sha256}])
        log.append([{"event": "stopped", "role": "gateway"}])
    return tmp_path / "audit"


@pytest.fixture
def certificate(tmp_path, key) -> Path:
    path = tmp_path / "f2.json"
    path.write_bytes(canonical(seal(certified("f2"), key)))
    return path


@pytest.fixture
def copy(tmp_path) -> Path:
    path = tmp_path / NAME
    path.write_bytes(CLEAN)
    return path


def audit(*words: object) -> int:
    return main(["audit", *map(str, words)])


def exit_of(*words: object) -> int:
    with pytest.raises(SystemExit) as ended:
        audit(*words)
    return int(ended.value.code or 0)


def all_lines(folder: Path) -> list[bytes]:
    return [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_bytes().splitlines()]


def rewrite(folder: Path, lines: list[bytes]) -> None:
    """Put other lines in the place of a log, in one segment."""
    for path in folder.glob("*.jsonl"):
        path.unlink()
    (folder / "0000000000000001.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))


def head_of(lines: list[bytes]) -> str:
    return str(Head(len(lines), root(map(leaf, lines))))


def with_values(line: bytes, **values: object) -> bytes:
    return canonical(json.loads(line) | values)


def renumbered(lines: list[bytes]) -> list[bytes]:
    return [with_values(line, seq=seq) for seq, line in enumerate(lines, 1)]


# A log


def test_a_log_as_the_gateway_writes_it_holds(folder, tmp_path, key, capsys):
    lines = all_lines(folder)
    assert len(list(folder.glob("*.jsonl"))) > 2

    assert audit("verify", folder, "--key", tmp_path / "public.pem") == 0

    told = capsys.readouterr().out
    assert f"{len(lines)} lines" in told
    assert f"signed by {key.id}: {FILES}" in told
    assert f"head {head_of(lines)}" in told
    assert json.loads(lines[0])["time"] in told
    assert json.loads(lines[-1])["time"] in told
    assert told.endswith("\nholds\n")


def test_the_log_of_a_restart_after_a_crash_holds(folder):
    with max(folder.glob("*.jsonl")).open("ab") as file:
        file.write(b'{"boot":"to')
    assert audit("verify", folder) == 1
    AuditLog.open(folder).close()

    assert audit("verify", folder) == 0


def test_what_is_told_is_japanese_for_japanese(folder, monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert audit("verify", folder) == 0
    assert "問題ありません" in capsys.readouterr().out


def tampered(lines: list[bytes]) -> dict[str, tuple[Fault, int, list[bytes]]]:
    """What somebody does to whole lines, the fault that tells it, and on which line."""
    at, swapped = lines[4], [*lines[:4], lines[5], lines[4], *lines[6:]]
    return {
        "a byte of a name of a field": (Fault.EVENT, 5, [*lines[:4], at.replace(b'"id"', b'"ie"'), *lines[5:]]),
        "a byte of the event": (Fault.EVENT, 5, [*lines[:4], at.replace(b"delivered", b"deliverex"), *lines[5:]]),
        "a byte of a digest": (Fault.EVENT, 5, [*lines[:4], at.replace(b'256":"', b'256":"Z'), *lines[5:]]),
        "a byte of the frame": (Fault.CANONICAL, 5, [*lines[:4], at[:-1] + b"]", *lines[5:]]),
        "a byte that is no UTF-8": (Fault.CANONICAL, 5, [*lines[:4], at.replace(b"lgwan", b"lgw\xffn"), *lines[5:]]),
        "a blank": (Fault.CANONICAL, 5, [*lines[:4], at.replace(b":", b": ", 1), *lines[5:]]),
        "a key twice": (Fault.CANONICAL, 5, [*lines[:4], at.replace(b'"id"', b'"id":"f9","id"'), *lines[5:]]),
        "an escaped letter": (Fault.CANONICAL, 5, [*lines[:4], at.replace(b"lgwan", b"lgw\\u0061n"), *lines[5:]]),
        "a number as text": (Fault.SEQUENCE, 5, [*lines[:4], with_values(at, seq="5"), *lines[5:]]),
        "another time form": (Fault.STAMP, 5, [*lines[:4], with_values(at, time="2027-01-15 08:00"), *lines[5:]]),
        "another version": (Fault.STAMP, 5, [*lines[:4], with_values(at, v=2), *lines[5:]]),
        "a name in clear": (Fault.EVENT, 5, [*lines[:4], with_values(at, name="給与.xlsx"), *lines[5:]]),
        "another key": (Fault.KEY, 3, [*lines[:2], with_values(lines[2], key="0" * 16), *lines[3:]]),
        "deleted": (Fault.SEQUENCE, 5, lines[:4] + lines[5:]),
        "the first deleted": (Fault.SEQUENCE, 1, lines[1:]),
        "swapped": (Fault.SEQUENCE, 5, swapped),
        "swapped and renumbered": (Fault.CLOCK, 6, renumbered(swapped)),
        "inserted": (Fault.SEQUENCE, 5, [*lines[:4], lines[-1], *lines[4:]]),
        "inserted and renumbered": (Fault.CLOCK, 6, renumbered([*lines[:4], lines[-1], *lines[4:]])),
        "doubled": (Fault.SEQUENCE, 6, [*lines[:5], *lines[4:]]),
        "a blank line": (Fault.CANONICAL, 5, [*lines[:4], b"", *lines[4:]]),
        "renumbered": (Fault.SEQUENCE, 5, [*lines[:4], with_values(at, seq=6), *lines[5:]]),
        "no object": (Fault.CANONICAL, len(lines) + 1, [*lines, b"[]"]),
        "a huge line": (Fault.LONG, 5, [*lines[:4], b'"' + b"x" * 200_000 + b'"', *lines[5:]]),
        "a line that is just too long": (Fault.LONG, 5, [*lines[:4], b"x" * 65_536, *lines[5:]]),
        "nested beyond reason": (Fault.CANONICAL, 5, [*lines[:4], b"[" * 60_000, *lines[5:]]),
    }


@pytest.mark.parametrize("how", tampered([b'{"seq":1}'] * 26))
def test_what_was_changed_is_told_by_segment_and_line(folder, tmp_path, key, how, capsys):
    fault, line, lines = tampered(all_lines(folder))[how]
    rewrite(folder, lines)

    found = check_log(folder, key_ring([key.public])).faults
    assert (found[0].fault, found[0].line) == (fault, line)
    assert audit("verify", folder, "--key", tmp_path / "public.pem") == 1
    told = capsys.readouterr().out
    assert f"0000000000000001.jsonl:{line}: " in told
    assert told.endswith("does NOT hold\n")
    assert "head " not in told


def test_one_missing_line_is_one_fault(folder):
    lines = all_lines(folder)
    rewrite(folder, lines[:4] + lines[5:])

    assert check_log(folder).fault_count == 1


@pytest.mark.parametrize("which", [0, 1, -2])
def test_a_missing_segment_is_told(folder, which):
    sorted(folder.glob("*.jsonl"))[which].unlink()
    assert check_log(folder).faults[0].fault is Fault.SEGMENT
    assert audit("verify", folder) == 1


def test_swapped_segments_are_told(folder):
    one, two = sorted(folder.glob("*.jsonl"))[:2]
    content = one.read_bytes(), two.read_bytes()
    for path, other in ((one, content[1]), (two, content[0])):
        path.chmod(0o640)
        path.write_bytes(other)

    assert {found.segment for found in check_log(folder).faults} >= {one.name, two.name}


@pytest.mark.parametrize("name", ["0000000000000000.jsonl", "1.jsonl", "x.jsonl"])
def test_a_file_that_has_no_place_among_the_segments_is_told(folder, name):
    (folder / name).write_bytes(b"")
    assert any((found.fault, found.segment) == (Fault.NAME, name) for found in check_log(folder).faults)


@pytest.mark.parametrize("cut", [1, 2, 40])
def test_a_line_without_its_end_is_told(folder, cut):
    path = max(folder.glob("*.jsonl"))
    path.write_bytes(path.read_bytes()[:-cut])

    assert check_log(folder).faults[0].fault is Fault.UNENDED
    assert audit("verify", folder) == 1


def consistent(lines: list[bytes]) -> dict[str, list[bytes]]:
    """What can be made to fit again by whoever may write the folder: only a head from elsewhere tells it."""
    return {
        "a digit": [*lines[:1], with_values(lines[1], size=21), *lines[2:]],
        "the last lines cut": lines[:-3],
        "a line deleted, all renumbered": renumbered(lines[:4] + lines[5:]),
    }


@pytest.mark.parametrize("how", consistent([b"{}"] * 26))
def test_what_fits_again_is_told_by_a_head_that_was_noted(folder, how, capsys):
    lines = all_lines(folder)
    head = head_of(lines)
    rewrite(folder, consistent(lines)[how])

    assert audit("verify", folder) == 0
    assert audit("verify", folder, "--head", head) == 1
    assert head in capsys.readouterr().out


def test_no_byte_of_a_noted_log_changes_untold(folder):
    """Every place in turn, by steps that fall on every kind of byte."""
    lines = all_lines(folder)
    head = Head.parse(head_of(lines))
    rewrite(folder, lines)
    path = folder / "0000000000000001.jsonl"
    good = path.read_bytes()
    assert check_log(folder, heads=[head]).fault_count == 0

    for at in range(0, len(good), 13):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        assert check_log(folder, heads=[head]).fault_count, at
        path.write_bytes(good[:at])
        assert check_log(folder, heads=[head]).fault_count, at


def test_a_log_that_only_grew_holds_to_its_older_heads(folder):
    lines = all_lines(folder)
    heads = [word for size in (0, 1, 7, len(lines)) for word in ("--head", head_of(lines[:size]))]

    assert audit("verify", folder, *heads) == 0


def test_what_is_no_log_is_not_held_to_be_a_good_one(tmp_path):
    (tmp_path / "empty").mkdir()
    assert audit("verify", tmp_path / "empty") == 2
    assert audit("verify", tmp_path / "absent") == 2
    assert audit("search", tmp_path / "absent") == 2
    assert exit_of("verify", tmp_path, "--head", "5") == 2


# A copy


def test_a_copy_holds_to_its_certificate(certificate, copy, tmp_path, key, capsys):
    assert audit("verify", certificate, copy, "--key", tmp_path / "public.pem") == 0
    told = capsys.readouterr().out
    assert NAME in told
    assert key.id in told


def test_each_mismatch_is_named(certificate, copy, tmp_path, capsys):
    public = tmp_path / "public.pem"
    other = tmp_path / "別名.txt"
    other.write_bytes(CLEAN)
    assert audit("verify", certificate, other, "--key", public) == 1
    assert "another name" in capsys.readouterr().out

    copy.write_bytes(CLEAN[:-1] + b"!")
    assert audit("verify", certificate, copy, "--key", public) == 1
    assert "other bytes" in capsys.readouterr().out

    copy.write_bytes(CLEAN + b"!")
    assert audit("verify", certificate, copy, "--key", public) == 1
    assert "another size" in capsys.readouterr().out

    copy.write_bytes(b"what came in")
    assert audit("verify", certificate, copy, "--key", public) == 1
    assert "the original" in capsys.readouterr().out


def test_a_name_that_is_no_text_is_told_as_well(certificate, tmp_path, capsys):
    path = tmp_path / "\udc83\x1b[2J.txt"
    path.write_bytes(CLEAN)

    assert audit("verify", certificate, path, "--key", tmp_path / "public.pem") == 1
    assert "\x1b" not in capsys.readouterr().out


def test_a_certificate_of_another_key_does_not_hold(certificate, copy, tmp_path):
    (tmp_path / "other.pem").write_bytes(SigningKey.create(tmp_path / "other").public_pem())

    assert audit("verify", certificate, copy, "--key", tmp_path / "other.pem") == 1
    assert audit("verify", certificate, copy) == 2


@pytest.mark.parametrize("change", [(b"sanitized", b"sanitizec"), (b"{", b"{ "), (b"}", b""), (b'"v":1', b'"v":2')])
def test_a_changed_certificate_does_not_hold(certificate, copy, tmp_path, change):
    certificate.write_bytes(certificate.read_bytes().replace(*change, 1))
    assert audit("verify", certificate, copy, "--key", tmp_path / "public.pem") == 1


@pytest.mark.parametrize("content", [b"", b"[]", b"1", b"\xff", b'{"certificate":1,"manifest":1}'])
def test_what_is_no_certificate_does_not_hold(certificate, copy, tmp_path, key, content):
    certificate.write_bytes(content)
    assert audit("verify", certificate, copy, "--key", tmp_path / "public.pem") == 1


def record_of(key: SigningKey, **other: object) -> dict[str, object]:
    told = certified("f2")
    manifest = {
        "v": 1,
        "id": "f2",
        "tenant": "city",
        "consumer": "lgwan",
        "seq": 1,
        "name": NAME,
        "media_type": "text/plain",
        "size": len(CLEAN),
        "sha256": hashlib.sha256(CLEAN).hexdigest(),
        "policy": told["policy"]["name"],
        "policy_sha256": told["policy"]["sha256"],
        "certificate_sha256": digest(told),
        "lease": "0123456789abcdef",
        "issued": "2027-01-15T08:00:00.000001Z",
    }
    return {"manifest": seal(manifest | other, key, MANIFEST), "certificate": seal(told, key)}


def test_the_record_of_a_store_holds_as_a_certificate_does(copy, tmp_path, key):
    path, public = tmp_path / "record.json", tmp_path / "public.pem"
    path.write_bytes(canonical(record_of(key)))
    assert audit("verify", path, copy, "--key", public) == 0
    path.write_bytes(canonical({"v": 1, "stored": "2027-01-15T08:00:02.000001Z", **record_of(key)}))
    assert audit("verify", path, copy, "--key", public) == 0

    path.write_bytes(canonical(record_of(key, certificate_sha256="0" * 64)))
    assert audit("verify", path, copy, "--key", public) == 1


# Lines and proofs


def test_show_tells_every_line_of_a_file_or_the_line_of_a_number(folder, capsys):
    assert audit("show", "f2", folder) == 0
    told = capsys.readouterr().out
    assert all(word in told for word in ("received", "decided", "released", "delivered"))
    assert "started" not in told

    assert audit("show", "1", folder) == 0
    assert "started" in capsys.readouterr().out
    assert audit("show", "nobody", folder) == 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], 2 + 4 * FILES),
        (["--event", "decided"], FILES),
        (["--verdict", "sanitized", "--tenant", "city"], FILES),
        (["--verdict", "blocked"], 0),
        (["--tenant", "town"], 0),
        (["--sha256", hashlib.sha256(CLEAN).hexdigest().upper()], 3 * FILES),
        (["--from", "2000-01-01", "--to", "2999-12-31"], 2 + 4 * FILES),
        (["--from", "2999-01-01T00:00+09:00"], 0),
        (["--to", "2000-01-01"], 0),
    ],
)
def test_search_gives_the_lines_as_they_stand(folder, words, expected, capsys):
    assert audit("search", folder, *words) == 0

    found = capsys.readouterr().out.encode().splitlines()
    assert len(found) == expected
    assert set(found) <= set(all_lines(folder))


def test_a_search_can_give_each_id_once(folder, capsys):
    assert audit("search", folder, "--ids") == 0

    ids = capsys.readouterr().out.splitlines()
    assert "f2" in ids and len(ids) == len(set(ids))
    assert set(ids) == {id for line in all_lines(folder) if (id := json.loads(line).get("id"))}


def test_a_day_is_searched_to_its_end(folder, capsys):
    times = [json.loads(line)["time"] for line in all_lines(folder)]
    assert audit("search", folder, "--from", times[0][:10], "--to", times[-1][:10]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(times)

    assert audit("search", folder, "--from", times[3], "--to", times[3]) == 0
    assert len(capsys.readouterr().out.splitlines()) == times.count(times[3])


@pytest.mark.parametrize("words", [["--from", "yesterday"], ["--to", "9999-12-31"], ["--verdict", "good"]])
def test_a_search_for_nonsense_is_a_usage_error(folder, words):
    assert exit_of("search", folder, *words) == 2


@pytest.fixture
def proof(folder, tmp_path, capsys) -> Path:
    """Of the lines of f2, with nothing on the screen left over."""
    assert audit("prove", "f2", folder) == 0
    path = tmp_path / "proof.json"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    return path


def test_a_proof_holds_without_the_log(proof, folder, certificate, copy, tmp_path, capsys):
    head = head_of(all_lines(folder))
    words = (certificate, copy, "--key", tmp_path / "public.pem", "--proof", proof)
    for path in folder.glob("*.jsonl"):
        path.unlink()

    assert audit("verify", *words, "--head", head) == 0
    assert "decided" in capsys.readouterr().out
    assert audit("verify", "--proof", proof) == 0
    assert head in capsys.readouterr().out
    assert audit("verify", *words, "--head", head.replace(head[-8:], "00000000")) == 1


def test_a_proof_can_be_asked_for_an_older_head(folder, tmp_path, capsys):
    lines = all_lines(folder)[:20]
    assert audit("prove", "f2", folder, "--size", 20) == 0
    (tmp_path / "proof.json").write_text(capsys.readouterr().out, encoding="utf-8")

    assert audit("verify", "--proof", tmp_path / "proof.json", "--head", head_of(lines)) == 0
    assert audit("verify", "--proof", tmp_path / "proof.json", "--head", head_of(lines[:19])) == 1
    assert audit("prove", "f2", folder, "--size", 1000) == 2
    assert audit("prove", "f2", folder, "--size", 3) == 2


def test_the_certificate_of_another_file_is_not_proved(proof, tmp_path, key):
    other = tmp_path / "f3.json"
    other.write_bytes(canonical(seal(certified("f3"), key)))
    assert audit("verify", other, "--key", tmp_path / "public.pem", "--proof", proof) == 1


def test_every_changed_value_of_a_proof_is_told(proof):
    good = json.loads(proof.read_bytes())
    line, path = good["lines"][1]["line"], good["lines"][1]["path"]

    def with_line(**values: object) -> dict[str, object]:
        return good | {"lines": [good["lines"][0], good["lines"][1] | values]}

    for changed in (
        good | {"v": 2},
        good | {"id": "f3"},
        good | {"size": 1},
        good | {"size": "all"},
        good | {"root": "0" * 64},
        good | {"lines": []},
        good | {"lines": ["line"]},
        good | {"more": 1},
        with_line(line=line.replace("sanitized", "blocked")),
        with_line(line=line.replace(":", ": ", 1)),
        with_line(line="[]"),
        with_line(path=path[:-1]),
        with_line(path=path[::-1]),
        with_line(path=[*path, "0" * 64]),
        with_line(path="0" * 64),
    ):
        proof.write_bytes(canonical(changed))
        assert audit("verify", "--proof", proof) == 1, changed
    proof.write_bytes(b"nonsense")
    assert audit("verify", "--proof", proof) == 1


def test_a_usage_error_is_said(folder, certificate, copy, proof):
    assert audit("verify") == 2
    assert audit("verify", certificate) == 2
    assert audit("verify", certificate, copy, proof) == 2
    assert audit("verify", certificate, copy, "--head", head_of([])) == 2
    assert audit("prove", "nobody", folder) == 2
    assert exit_of() == 2


# For other programs, and by lot


def test_lines_are_exported_in_every_form(folder, capsysbinary):
    for form, first in (("jsonl", b'{"boot"'), ("csv", b"\xef\xbb\xbfseq,"), ("cef", b"CEF:0|"), ("ocsf", b'{"act')):
        assert audit("export", folder, "--as", form) == 0
        told = capsysbinary.readouterr().out
        assert told.startswith(first), form
        assert len(told.splitlines()) == len(all_lines(folder)) + (form == "csv"), form


def test_a_cell_of_a_table_never_begins_as_a_formula(tmp_path, capsys):
    with AuditLog.open(tmp_path / "audit") as log:
        log.append([{"event": "received", "id": "f1", "tenant": "=1+1", "size": 1, "sha256": "0" * 64}])
    assert audit("export", tmp_path / "audit", "--as", "csv") == 0
    assert ",'=1+1," in capsys.readouterr().out


def test_a_sample_is_the_same_for_whoever_knows_the_word(folder, capsys):
    def drawn(word):
        assert audit("sample", folder, "--count", 3, "--seed", word) == 0
        return capsys.readouterr().out

    assert len(drawn("a").splitlines()) == 3
    assert drawn("a") == drawn("a")
    assert {drawn(str(n)) for n in range(8)} != {drawn("a")}


def test_a_file_is_found_by_its_name_or_by_itself(tmp_path, copy, capsys):
    names = NameKey.create(tmp_path / "names.key")
    with AuditLog.open(tmp_path / "audit") as log:
        sha256 = hashlib.sha256(CLEAN).hexdigest()
        told = {"event": "received", "tenant": "city", "size": 1}
        log.append([{**told, "id": "f1", "sha256": sha256, "name_mark": names.mark(NAME)}])
        log.append([{**told, "id": "f2", "sha256": "0" * 64, "name_mark": names.mark("other.txt")}])
        log.append([{"event": "released", "id": "f1"}])

    assert audit("search", tmp_path / "audit", "--name", NAME, "--name-key", tmp_path / "names.key") == 0
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == ["f1", "f1"]
    assert audit("search", tmp_path / "audit", "--file", copy) == 0
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == ["f1"]
    assert audit("search", tmp_path / "audit", "--name", NAME) == 2


def test_a_proof_under_a_signed_checkpoint_needs_the_public_key_alone(folder, certificate, copy, tmp_path, key, capsys):
    """As a gateway leaves it; read by the auditors' one file too."""
    lines = all_lines(folder)
    head = Head(len(lines), root(map(leaf, lines)))
    (folder / "checkpoint").write_text(sign(f"sekisho/{key.id}", head, [key]).text())
    assert audit("prove", "f2", folder) == 0
    proof = tmp_path / "proof.json"
    proof.write_text(capsys.readouterr().out)
    public = tmp_path / "public.pem"
    assert audit("verify", certificate, copy, "--proof", proof, "--key", public) == 0
    assert f"checkpoint signed by {key.id}" in capsys.readouterr().out

    assert audit("verifier") == 0
    (tmp_path / "verifier.py").write_text(capsys.readouterr().out, encoding="utf-8")
    alone = [sys.executable, "-I", str(tmp_path / "verifier.py")]
    about = [str(certificate), str(copy), "--proof", str(proof), "--key"]
    assert subprocess.run([*alone, *about, str(public)], cwd="/").returncode == 0
    SigningKey.create(tmp_path / "other.pem")
    (tmp_path / "other.pub").write_bytes(SigningKey.load(tmp_path / "other.pem").public_pem())
    assert subprocess.run([*alone, *about, str(tmp_path / "other.pub")], cwd="/").returncode == 1
    assert audit("verify", "--proof", proof, "--key", tmp_path / "other.pub") == 1
