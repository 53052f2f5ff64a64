"""The command line, as an operator meets it: exit statuses, reports, mistakes named. Workers and judge are real."""

import errno
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from importlib import resources
from pathlib import Path
from typing import BinaryIO

import pytest

from gateway.cli.main import main
from gateway.cli.vectors import as_markdown
from policies.catalogue import CATALOGUE

SAMPLES = Path(str(resources.files("gateway.demo").joinpath("samples")))
ROOT = Path(__file__).resolve().parents[2]


def clean(*words: object) -> int:
    return main(["clean", *map(str, words)])


def lines(report: Path) -> dict[str, dict]:
    return {line["source"]: line for line in map(json.loads, report.read_text(encoding="utf-8").splitlines())}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files that pass and two that do not, one of them in a folder below."""
    given = tmp_path / "given"
    (given / "資料").mkdir(parents=True)
    for sample, name in (
        ("photo-geo.jpg", "写真.jpg"),
        ("notice-cp932.txt", "資料/お知らせ.txt"),
        ("screenshot.png", "資料/画面.jpg"),
        ("program.bin", "資料/請求書.jpg"),
        ("password.zip", "添付.zip"),
    ):
        (given / name).write_bytes((SAMPLES / sample).read_bytes())
    return given


def test_clean_keeps_relative_names_and_tells_each_file(folder: Path, tmp_path: Path):
    out, report = tmp_path / "out", tmp_path / "report.jsonl"

    assert clean(folder, "-o", out, "--report", report, "--jobs", 2) == 1

    told = lines(report)
    assert {name: line["verdict"] for name, line in told.items()} == {
        "写真.jpg": "sanitized",
        "資料/お知らせ.txt": "clean",
        "資料/画面.jpg": "sanitized",
        "資料/請求書.jpg": "blocked",
        "添付.zip": "blocked",
    }
    assert (told["資料/請求書.jpg"]["reason"], told["添付.zip"]["reason"]) == ("forbidden-type", "encrypted")
    assert told["資料/画面.jpg"]["output"] == "資料/画面.png"
    written = {str(path.relative_to(out)): path for path in out.rglob("*") if path.is_file()}
    assert set(written) == {line["output"] for line in told.values() if line["output"]}
    for line in told.values():
        source = (folder / line["source"]).read_bytes()
        assert line["sha256"] == hashlib.sha256(source).hexdigest()
        if line["output"]:
            assert line["output_sha256"] == hashlib.sha256(written[line["output"]].read_bytes()).hexdigest()
    assert ("IMG-01", "removed") in {(found["vector"], found["action"]) for found in told["写真.jpg"]["findings"]}


def test_all_delivered_is_zero_and_a_second_pass_changes_nothing(tmp_path: Path):
    first, second = tmp_path / "first", tmp_path / "second"

    assert clean(SAMPLES / "photo-court.jpg", SAMPLES / "notice-cp932.txt", "-o", first) == 0
    assert clean(first, "-o", second) == 0

    for path in first.iterdir():
        assert (second / path.name).read_bytes() == path.read_bytes()
    assert (first / "notice-cp932.txt").read_bytes() == (SAMPLES / "notice-cp932.txt").read_bytes()


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path):
    outside, given = tmp_path / "outside.txt", tmp_path / "given"
    outside.write_text("of nobody's business", encoding="utf-8")
    given.mkdir()
    (given / "link.txt").symlink_to(outside)

    assert clean(given, "-o", tmp_path / "out", "--report", tmp_path / "report") == 1

    assert lines(tmp_path / "report")["link.txt"]["reason"] == "unavailable"
    assert not list((tmp_path / "out").rglob("*.txt"))


def test_a_password_opens_what_was_locked(tmp_path: Path):
    words = tmp_path / "passwords"
    words.write_text("wrong\nasdf\n", encoding="utf-8")

    assert clean(SAMPLES / "password.zip", "-o", tmp_path / "out", "--password-file", words) == 0
    with zipfile.ZipFile(tmp_path / "out" / "password.zip") as archive:
        assert archive.testzip() is None
        assert not any(info.flag_bits & 1 for info in archive.infolist())


def test_a_copy_never_takes_the_place_of_an_original(folder: Path, capsys: pytest.CaptureFixture[str]):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert clean(folder, "-o", folder) == 2
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert str(folder) in capsys.readouterr().err


def test_the_report_never_takes_the_place_of_an_original(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    original = tmp_path / "note.txt"
    original.write_text("kept\n", encoding="utf-8")
    (tmp_path / "link.txt").symlink_to(original)

    assert clean(original, "-o", tmp_path / "out", "--report", tmp_path / "link.txt") == 2
    assert clean(original, "-o", tmp_path / "out", "--report", tmp_path / "no-such" / "report.jsonl") == 2
    assert original.read_text(encoding="utf-8") == "kept\n"
    assert "Traceback" not in capsys.readouterr().err


def test_names_that_are_no_text_are_told_and_do_not_end_the_run(tmp_path: Path):
    given, report = tmp_path / "given", tmp_path / "report.jsonl"
    given.mkdir()
    Path(os.fsdecode(os.fsencode(given) + b"/\x82\xa0\xff.txt")).write_text("one\n", encoding="utf-8")
    (given / "zz.txt").write_text("two\n", encoding="utf-8")

    assert clean(given, "-o", tmp_path / "out", "--report", report) == 0
    assert sorted(lines(report)) == [r"\udc82\udca0\udcff.txt", "zz.txt"]


def test_a_copy_that_cannot_be_written_is_told_and_the_others_are(tmp_path: Path):
    (tmp_path / "out" / "a.txt" / "in the way").mkdir(parents=True)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("text\n", encoding="utf-8")
    report = tmp_path / "report.jsonl"

    assert clean(tmp_path / "a.txt", tmp_path / "b.txt", "-o", tmp_path / "out", "--report", report) == 1

    told = {name: (line["verdict"], line["reason"], line["output"]) for name, line in lines(report).items()}
    assert told == {"a.txt": ("failed", "unavailable", None), "b.txt": ("clean", None, "b.txt")}


def test_a_folder_that_cannot_be_looked_into_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    closed, report, scandir = tmp_path / "given" / "closed", tmp_path / "report.jsonl", os.scandir
    closed.mkdir(parents=True)
    (tmp_path / "given" / "a.txt").write_text("text\n", encoding="utf-8")

    def refusing(path: str | Path) -> object:  # as to an account without the right to read it
        if Path(path) == closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)

    assert clean(tmp_path / "given", "-o", tmp_path / "out", "--report", report) == 1
    assert {name: line["reason"] for name, line in lines(report).items()} == {"a.txt": None, "closed": "unavailable"}


def test_a_file_that_changes_while_it_is_read_is_withheld(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What the report says of a file must be true of the bytes that were rebuilt."""
    source, report, file_digest = tmp_path / "log.txt", tmp_path / "report.jsonl", hashlib.file_digest
    source.write_text("one\n", encoding="utf-8")

    def changing(file: BinaryIO, name: str) -> object:
        digest = file_digest(file, name)
        source.write_text("one\ntwo\n", encoding="utf-8")
        return digest

    monkeypatch.setattr(hashlib, "file_digest", changing)

    assert clean(source, "-o", tmp_path / "out", "--report", report) == 1
    assert lines(report)["log.txt"]["reason"] == "nonsense"
    assert not (tmp_path / "out" / "log.txt").exists()


def test_two_sources_of_one_name_get_two_copies(tmp_path: Path):
    for name, text in (("a", "one"), ("b", "two")):
        (tmp_path / name / "x").mkdir(parents=True)
        (tmp_path / name / "x" / "note.txt").write_text(text, encoding="utf-8")

    assert clean(tmp_path / "a" / "x", tmp_path / "b" / "x", "-o", tmp_path / "out") == 0

    written = sorted(path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*.txt"))
    assert written == ["one", "two"]


@pytest.mark.parametrize(
    "words",
    [
        ["clean", "no-such-file", "-o", "out"],
        ["clean", ".", "-o", "out", "--policy", "no-such-policy"],
        ["policy", "check", "no-such-policy"],
        ["serve", "--config", "no-such.toml"],
        ["receive", "--config", "no-such.toml"],
        ["why", "01ABC", "--config", "no-such.toml"],
        ["why", "no-such.json"],
        ["vectors", "XXX-01"],
        [],
    ],
)
def test_a_mistake_is_told_and_ends_with_2(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)

    assert main(words) == 2

    said = capsys.readouterr()
    assert said.err or said.out
    assert "Traceback" not in said.err


@pytest.mark.parametrize(("locale", "word"), [("ja_JP.UTF-8", "正しい記述です"), ("en_US.UTF-8", "right")])
def test_commands_speak_the_language_of_the_locale(
    locale: str, word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("LC_ALL", locale)

    assert main(["policy", "check", "strict"]) == 0
    assert word in capsys.readouterr().out


def test_policy_show_lists_what_differs(capsys: pytest.CaptureFixture[str]):
    assert main(["policy", "show", "strict"]) == 0

    said = capsys.readouterr().out
    assert "ARC-26" in said
    assert "IMG-01" not in said


def test_the_doctor_finds_a_confinement(capsys: pytest.CaptureFixture[str]):
    assert main(["doctor"]) == 0
    assert "tier" in capsys.readouterr().out


def test_the_list_of_vectors_in_the_documentation_is_true(capsys: pytest.CaptureFixture[str]):
    assert main(["vectors", "--markdown"]) == 0

    said = capsys.readouterr().out
    assert said == (ROOT / "docs" / "vectors.md").read_text(encoding="utf-8"), "run: sekisho vectors --markdown"
    assert as_markdown(list(CATALOGUE.values()), frozenset({"IMG-01"})).count("| yes |") == 1


def test_the_demonstration_ends_well(tmp_path: Path):
    """Gateway, workers and receiver as processes of their own; what was released is stored, and nothing else."""
    command = [sys.executable, "-m", "gateway.cli", "demo", "--folder", str(tmp_path / "demo")]

    answer = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=ROOT)

    assert answer.returncode == 0, answer.stderr
    assert "IMG-01" in answer.stdout
    stored = [path for path in (tmp_path / "demo" / "lgwan-store").rglob("*") if path.suffix == ".jpg"]
    assert len(stored) >= 3
