"""What is in a ZIP: names, kinds of members, methods, ciphers, and what stands where something was withheld."""

import bz2
import lzma
import struct

import pytest

from policies.model import Policy
from policies.terms import Action
from sanitizers.codecs.deflate import crc32
from sanitizers.errors import EncryptedError, LimitError, MalformedError
from sanitizers.formats.zip import ZIP
from sanitizers.formats.zip.placeholder import placeholder
from sanitizers.formats.zip.shelf import Shelf, placeholder_path
from sanitizers.model import Reason, Verdict
from sanitizers.parsers import zipmember
from sanitizers.parsers.zipnames import RawName, decode_names
from tests.sanitizers.zip_runs import DEFAULT, STRICT, TEXT, blocked_for, cleaned, done, found, job_for, members
from tests.sanitizers.zips import (
    DEFLATED,
    FOLDER_ATTRIBUTE,
    STORED,
    Part,
    deflated,
    in_aes,
    in_traditional_cipher,
    names_in,
    zip_of,
)

PROGRAM = b"MZ" + bytes(200)
UNIX, MACOS, WINDOWS = 0x31E, 0x313, 0x14
LINK, FIFO, DEVICE = 0o120777 << 16, 0o010644 << 16, 0o020644 << 16


def names_of(*parts: Part) -> list[str]:
    return names_in(cleaned(zip_of(*parts)).data)


# names


@pytest.mark.parametrize("name", ["表示.txt", "ソフト一覧.txt", "能力.txt", "予算.txt", "表/ソ/能.txt"])
def test_shift_jis_names_survive_their_backslashes(name):
    """表, ソ, 能 and 予 end in 0x5C, which is no separator (ARC-20, TB-15)."""
    outcome = cleaned(zip_of(Part(name.encode("cp932"), TEXT)))

    assert names_in(outcome.data) == [name]
    assert set(found(outcome)) == {"ARC-20"}


@pytest.mark.parametrize("name", ["①髙ｶﾅ.txt", "﨑.txt", "議事録（第３回）/別紙.txt"])
def test_shift_jis_names_that_nobody_can_misread_stay_as_they_are(name):
    """Programs that take unmarked names for Shift_JIS often do not know bit 11 (docs/adr/0007-zip-names.md)."""
    raw = name.encode("cp932")
    outcome = cleaned(zip_of(Part(raw, TEXT)))

    assert raw in outcome.data
    assert names_in(outcome.data) == [name]
    assert not set(found(outcome)) & {"ARC-20", "ZIP-07"}


def test_one_name_that_may_be_misread_marks_the_whole_archive():
    outcome = cleaned(zip_of(Part("議事録.txt".encode("cp932"), TEXT), Part("予算.txt".encode("cp932"), TEXT)))

    assert names_in(outcome.data) == ["議事録.txt", "予算.txt"]
    assert "議事録.txt".encode() in outcome.data
    assert "ARC-20" in found(outcome)


@pytest.mark.parametrize(
    ("name", "encoding", "made_by"),
    [
        ("議事録.txt", "cp932", WINDOWS),
        ("議事録.txt", "cp932", UNIX),
        ("議事録.txt", "utf-8", WINDOWS),
        ("議事録.txt", "utf-8", MACOS),
        ("議事録.txt", "euc_jp", UNIX),
        ("ひらがな.txt", "euc_jp", WINDOWS),
        ("ﾃｽﾄ.txt", "cp932", WINDOWS),
        ("ﾎｱﾎｲ.txt", "cp932", WINDOWS),
        ("αβ.txt", "utf-8", UNIX),
        ("Zoë.txt", "cp437", WINDOWS),
        ("😻.txt", "utf-8", UNIX),
    ],
)
def test_the_encoding_of_a_name_is_told(name, encoding, made_by):
    assert decode_names([RawName(name.encode(encoding), False, made_by >> 8)], []) == [name]


def test_names_of_one_archive_are_told_together():
    """The two letters alone could be half-width katakana; their neighbour says that they are not."""
    names = [RawName(name.encode(), False, 0) for name in ("αβ.txt", "議事録.txt")]

    assert decode_names(names, []) == ["αβ.txt", "議事録.txt"]


@pytest.mark.parametrize(
    ("raw", "clean", "vector"),
    [
        ("../../a.txt", "a.txt", "ARC-01"),
        ("x/../../a.txt", "x/a.txt", "ARC-01"),
        ("..\\..\\a.txt", "a.txt", "ARC-01"),
        ("/etc/a.txt", "etc/a.txt", "ARC-02"),
        ("C:\\x\\a.txt", "x/a.txt", "ARC-02"),
        ("\\\\host\\share\\a.txt", "host/share/a.txt", "ARC-02"),
        ("a\u202etxt.txt", "atxt.txt", "GEN-03"),
        ("a\u200b.txt", "a.txt", "GEN-04"),
        ("a\x01.txt", "a.txt", "ZIP-04"),
        ("CON.txt", "_CON.txt", "GEN-07"),
        ("か\u3099.txt", "が.txt", "GEN-08"),
        ("あ" * 100 + ".txt", "あ" * 65 + ".txt", "GEN-09"),
    ],
)
def test_names_are_made_safe(raw, clean, vector):
    outcome = cleaned(zip_of(Part(raw, TEXT)))

    assert names_in(outcome.data) == [clean]
    assert done(outcome, vector) in (Action.REWRITE, Action.REMOVE)


def test_names_that_meet_after_cleaning_get_a_number():
    """ARC-21: nothing is overwritten, and the first one keeps its name."""
    outcome = cleaned(zip_of(Part("a\u200b.txt", TEXT), Part("a\u200d.txt", b"two"), Part("a\u2060.txt", b"three")))

    assert members(outcome) == {"a.txt": TEXT, "a (2).txt": b"two", "a (3).txt": b"three"}
    assert done(outcome, "ARC-21") is Action.REWRITE
    assert [report.name for report in outcome.report.members] == ["a.txt", "a (2).txt", "a (3).txt"]


def test_a_file_never_takes_the_place_of_a_folder():
    outcome = cleaned(zip_of(Part("notes", TEXT), Part("notes.txt/"), Part("notes.txt/b.txt", TEXT)))

    assert names_in(outcome.data) == ["notes (2).txt", "notes.txt/", "notes.txt/b.txt"]


def test_a_member_gets_the_extension_of_what_it_is():
    outcome = cleaned(zip_of(Part("readme", TEXT)))

    assert names_in(outcome.data) == ["readme.txt"]


def test_a_number_fits_even_on_the_longest_name():
    shelf = Shelf(())
    longest = "x" * 196 + ".txt"

    assert shelf.place(longest) == longest
    assert shelf.place(longest) == "x" * 192 + " (2).txt"


def test_thousands_of_equal_names_are_numbered_in_one_go():
    shelf = Shelf(())
    places = [shelf.place("a.txt") for _ in range(5000)]

    assert len(set(places)) == 5000
    assert places[-1] == "a (5000).txt"


# kinds of members


@pytest.mark.parametrize(
    ("attributes", "made_by", "vector"),
    [
        (LINK, UNIX, "ZIP-25"),
        (LINK, MACOS, "ZIP-25"),
        (LINK, WINDOWS, "ZIP-25"),
        (FIFO, UNIX, "ZIP-25"),
        (DEVICE, UNIX, "ZIP-25"),
        (0x400, WINDOWS, "ARC-03"),
    ],
)
def test_links_and_devices_are_removed(attributes, made_by, vector):
    part = Part("link.txt", b"/etc/passwd", attributes=attributes, central={"made_by": made_by})
    outcome = cleaned(zip_of(part, Part("a.txt", TEXT)))

    assert names_in(outcome.data) == ["a.txt"]
    assert done(outcome, vector) is Action.REMOVE


@pytest.mark.parametrize(
    "name", ["__MACOSX/", "__MACOSX/._a.txt", "x/.DS_Store", "Thumbs.db", "x/THUMBS.DB", "._a.txt", "__MACOSX/x/a.txt"]
)
def test_litter_is_removed_without_a_word_in_its_place(name):
    outcome = cleaned(zip_of(Part("a.txt", TEXT), Part(name, b"" if name.endswith("/") else b"litter")))

    assert names_in(outcome.data) == ["a.txt"]
    assert done(outcome, "ARC-23") is Action.REMOVE


@pytest.mark.parametrize("name", ["x/desktop.ini", "AUTORUN.INF"])
def test_what_explorer_reads_by_itself_is_removed(name):
    outcome = cleaned(zip_of(Part("a.txt", TEXT), Part(name, b"[x]\r\n")))

    assert names_in(outcome.data) == ["a.txt"]
    assert done(outcome, "ARC-22") is Action.REMOVE


@pytest.mark.parametrize("ending", ["lnk", "URL", "scf", "theme", "library-ms", "searchConnector-ms", "lnk."])
def test_shell_active_files_leave_a_word_in_their_place(ending):
    outcome = cleaned(zip_of(Part(f"x/see this.{ending}", b"[InternetShortcut]\r\n")))

    assert names_in(outcome.data) == ["x/see this.txt"]
    assert done(outcome, "ARC-22") is Action.REMOVE
    assert "ARC-22" in members(outcome)["x/see this.txt"].decode()


@pytest.mark.parametrize(
    "names",
    [
        ("META-INF/MANIFEST.MF", "A.class"),
        ("meta-inf/manifest.mf", "x/B.CLASS"),
        ("AndroidManifest.xml", "a.txt"),
        ("classes.dex",),
        ("./classes2.dex",),
        ("META-INF/mozilla.rsa",),
    ],
)
def test_programs_that_pose_as_archives_are_blocked(names):
    assert blocked_for(zip_of(*(Part(name, TEXT) for name in names))) == "ARC-25"


def test_a_browser_extension_is_told_by_its_manifest():
    assert blocked_for(zip_of(Part("manifest.json", b'{"manifest_version": 3}'))) == "ARC-25"
    assert cleaned(zip_of(Part("manifest.json", b'{"name": "parcel"}'))).data is not None


# methods


@pytest.mark.parametrize(
    ("method", "packed", "flags"),
    [
        (12, bz2.compress(TEXT), 0),
        (95, lzma.compress(TEXT), 0),
        (14, b"\x09\x14\x05\x00" + (alone := lzma.compress(TEXT, lzma.FORMAT_ALONE))[:5] + alone[13:], 2),
    ],
)
def test_other_methods_become_deflate(method, packed, flags):
    """ZIP-23."""
    outcome = cleaned(zip_of(Part("a.txt", TEXT, method, packed, both={"flags": flags})))

    assert outcome.data == cleaned(zip_of(Part("a.txt", TEXT))).data
    assert done(outcome, "ZIP-23") is Action.REWRITE


@pytest.mark.parametrize(
    ("method", "packed"),
    [
        (12, bz2.compress(TEXT) + b"?"),
        (12, bz2.compress(TEXT)[:-1]),
        (12, bz2.compress(TEXT + b"more")),
        (12, b"nothing"),
        (95, lzma.compress(TEXT) + b"?"),
        (95, lzma.compress(TEXT[:-1])),
        (14, b"\x09\x14\x04\x00"),
        (14, b"\x09\x14\x05\x00\xff" + bytes(20)),
        (STORED, TEXT),
    ],
)
def test_other_methods_end_where_their_member_ends(method, packed):
    size = len(TEXT) + (method == STORED)

    with pytest.raises(MalformedError):
        zipmember.unpack_plain(method, packed, size, 0)


def test_a_dictionary_beyond_reason_is_never_allocated():
    """ARC-24: 4 GiB asked for by 20 bytes."""
    head = b"\x09\x14\x05\x00\x5d" + b"\xff" * 4
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]

    assert zipmember.unpack_plain(14, head + alone[13:], len(TEXT), 2) == TEXT
    with pytest.raises(LimitError):
        zipmember.unpack_plain(95, lzma.compress(TEXT, filters=filters), len(TEXT), 0)


@pytest.mark.parametrize("method", [1, 6, 9, 93, 97, 98])
def test_a_method_that_nobody_here_unpacks_leaves_a_word(method):
    outcome = cleaned(zip_of(Part("a.txt", TEXT, method, TEXT), Part("b.txt", TEXT)))

    assert members(outcome) == {"a.txt": placeholder("a.txt", Reason.UNSUPPORTED), "b.txt": TEXT}
    assert done(outcome, "ARC-26") is Action.REWRITE
    assert outcome.report.members[0].reason is Reason.UNSUPPORTED


# ciphers


@pytest.mark.parametrize("password", ["secret", "パスワード", "表"])
@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_the_traditional_cipher_is_opened(password, method):
    parts = (in_traditional_cipher(Part(name, TEXT, method), password.encode("cp932")) for name in ("a.txt", "b.txt"))
    outcome = cleaned(zip_of(*parts), passwords=("wrong", password))

    assert members(outcome) == {"a.txt": TEXT, "b.txt": TEXT}
    assert done(outcome, "ZIP-23") is Action.REWRITE


@pytest.mark.parametrize("strength", [1, 2, 3])
@pytest.mark.parametrize("version", [1, 2])
def test_aes_is_opened(strength, version):
    text = TEXT * 1000
    outcome = cleaned(zip_of(in_aes(Part("a.txt", text), b"secret", strength, version)), passwords=("secret",))

    assert members(outcome) == {"a.txt": text}


def test_aes_counts_on_over_many_blocks():
    data = bytes(range(256)) * 4100  # more than one piece of key stream
    part = in_aes(Part("a.bin", data, STORED), "鍵".encode())
    archive = ZIP.parse(zip_of(part), job_for().budget)

    assert zipmember.Keys(("鍵",)).unpack(archive, archive.members[0]) == data


@pytest.mark.parametrize("passwords", [(), ("wrong",), ("",), ("wrong", "Secret")])
@pytest.mark.parametrize("seal", [in_aes, in_traditional_cipher])
def test_without_the_password_it_is_encrypted(seal, passwords):
    """ARC-08: never clean, and the sender is asked for the password."""
    outcome = cleaned(zip_of(seal(Part("a.txt", TEXT), b"secret")), passwords=passwords)

    assert (outcome.report.verdict, outcome.report.reason) == (Verdict.BLOCKED, Reason.ENCRYPTED)
    assert done(outcome, "ARC-08") is Action.BLOCK
    assert done(outcome, "GEN-13") is Action.BLOCK


@pytest.mark.parametrize("seal", [in_aes, in_traditional_cipher])
def test_a_mixed_archive_is_blocked_even_with_the_password(seal):
    """ARC-09: decoy and payload."""
    data = zip_of(seal(Part("a.txt", TEXT), b"secret"), Part("b.txt", TEXT))

    assert blocked_for(data) == "ARC-09"
    assert cleaned(data, passwords=("secret",)).data is None


def test_folders_and_empty_files_make_no_mixture():
    sealed = in_traditional_cipher(Part("x/a.txt", TEXT), b"secret")
    outcome = cleaned(zip_of(Part("x/", attributes=FOLDER_ATTRIBUTE), sealed), passwords=("secret",))

    assert members(outcome)["x/a.txt"] == TEXT


def test_a_wrong_password_that_passes_the_check_byte_is_still_wrong():
    part = in_traditional_cipher(Part("a.txt", TEXT), b"secret")
    archive = ZIP.parse(zip_of(part), job_for().budget)
    lucky = [
        word
        for word in map(str, range(2000))
        if zipmember.open_traditional(part.packed, word.encode(), archive.members[0].check_bytes) is not None
    ]

    assert lucky
    with pytest.raises(EncryptedError):
        zipmember.Keys(lucky).unpack(archive, archive.members[0])


def test_an_aes_member_that_was_changed_is_malformed():
    part = in_aes(Part("a.txt", TEXT), b"secret")
    part.packed = part.packed[:-1] + bytes((part.packed[-1] ^ 1,))
    outcome = cleaned(zip_of(part), passwords=("secret",))

    assert outcome.report.reason is Reason.MALFORMED


@pytest.mark.parametrize(
    "field", [b"", b"\x02\x00AE\x04\x08\x00", b"\x03\x00AE\x03\x08\x00", b"\x02\x00XX\x03\x08\x00"]
)
def test_an_aes_field_that_does_not_fit_is_malformed(field):
    part = in_aes(Part("a.txt", TEXT), b"secret")
    part.local_extra = part.central_extra = struct.pack("<HH", 0x9901, len(field)) + field
    outcome = cleaned(zip_of(part), passwords=("secret",))

    assert outcome.report.reason is Reason.MALFORMED


def test_the_slow_cipher_is_bounded(monkeypatch):
    monkeypatch.setattr(zipmember, "MAX_TRADITIONAL_BYTES", 100)
    part = in_traditional_cipher(Part("a.txt", TEXT * 5, STORED), b"secret")
    outcome = cleaned(zip_of(part), passwords=("secret",))

    assert outcome.report.reason is Reason.LIMIT


# members through the whole pipeline


def test_a_withheld_member_leaves_a_word_in_its_place():
    """ARC-26: what it was, and why it is not there, in Japanese and English."""
    outcome = cleaned(zip_of(Part("x/送付状.exe", PROGRAM), Part("a.txt", TEXT)))
    word = members(outcome)["x/送付状.txt"].decode()

    assert outcome.report.verdict is Verdict.SANITIZED
    assert done(outcome, "ARC-26") is Action.REWRITE
    assert "元の名前: 送付状.exe" in word
    assert "Original name: 送付状.exe" in word
    assert word.index("取り除かれました") < word.index("taken out")
    assert PROGRAM[:2] not in members(outcome)["a.txt"]


def test_a_strict_policy_blocks_the_whole_archive():
    outcome = cleaned(zip_of(Part("a.txt", TEXT), Part("b.exe", PROGRAM)), STRICT)

    assert (outcome.data, outcome.report.reason) == (None, Reason.POLICY)


def test_a_policy_may_want_no_words():
    silent = Policy(name="silent", admit=DEFAULT.admit, actions={"ARC-26": Action.REMOVE})

    assert names_in(cleaned(zip_of(Part("a.txt", TEXT), Part("b.exe", PROGRAM)), silent).data) == ["a.txt"]


def test_an_archive_of_withheld_members_is_still_delivered():
    outcome = cleaned(zip_of(Part("a.exe", PROGRAM), Part("b.exe", PROGRAM)))

    assert names_in(outcome.data) == ["a.txt", "b.txt"]
    assert [report.verdict for report in outcome.report.members] == [Verdict.BLOCKED] * 2


def test_nobody_s_name_changes_for_a_placeholder():
    outcome = cleaned(zip_of(Part("a.exe", PROGRAM), Part("a.txt", TEXT)))

    assert names_in(outcome.data) == ["a (2).txt", "a.txt"]
    assert members(outcome)["a.txt"] == TEXT


def test_an_empty_member_leaves_a_word():
    assert members(cleaned(zip_of(Part("a.txt")))) == {"a.txt": placeholder("a.txt", Reason.EMPTY, "GEN-34")}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("x/a.tar.gz", "x/a.tar.txt"),
        ("a", "a.txt"),
        (".profile", ".profile.txt"),
        ("virus.exe.jpg", "virus_exe.txt"),
        ("a.exe.scr.jpg", "a.exe_scr.txt"),
        ("web.config", "web.txt"),
    ],
)
def test_a_placeholder_has_a_name_that_nobody_refuses(path, expected):
    assert placeholder_path(path) == expected


@pytest.mark.parametrize("reason", [reason for reason in Reason if not reason.is_ours])
def test_every_reason_has_words_that_come_through_as_they_are(reason):
    text = placeholder("申請書①髙.exe", reason, "BLK-01")
    outcome = cleaned(zip_of(Part("a.txt", text)))

    assert outcome.report.verdict is Verdict.CLEAN
    assert members(outcome) == {"a.txt": text}


def test_an_archive_in_an_archive_is_cleaned_too():
    inner = zip_of(Part("b.exe", PROGRAM), Part("c.txt", TEXT), comment=b"by me")
    outcome = cleaned(zip_of(Part("inner.zip", inner), Part("a.txt", TEXT)))

    assert b"by me" not in outcome.data
    assert {"ARC-26", "ZIP-18"} <= {finding.vector for finding in outcome.report.members[0].findings}


def test_an_encrypted_archive_in_an_archive_is_withheld():
    inner = zip_of(in_traditional_cipher(Part("b.txt", TEXT), b"secret"))
    outcome = cleaned(zip_of(Part("inner.zip", inner)))

    assert outcome.report.members[0].reason is Reason.ENCRYPTED
    assert "パスワード" in members(outcome)["inner.txt"].decode()


def test_archives_are_stored_and_texts_are_deflated():
    outcome = cleaned(
        zip_of(Part("in.zip", zip_of(Part("a.txt", TEXT * 9))), Part("b.txt", TEXT * 9), Part("c.txt", b"c"))
    )
    archive = ZIP.parse(outcome.data, job_for().budget)

    assert [member.method for member in archive.members] == [STORED, DEFLATED, STORED]


def test_a_checksum_is_that_of_the_data():
    outcome = cleaned(zip_of(Part("a.txt", TEXT, packed=deflated(TEXT))))
    archive = ZIP.parse(outcome.data, job_for().budget)

    assert archive.members[0].crc == crc32(TEXT)
