"""The Japanese encodings as they are written in practice: to text, and from it back to the same bytes.

Three: CP932; EUC-JP with the extensions of CP51932 (①, 髙); ISO-2022-JP with those of CP50221, half-width kana too.
Python's codecs do the bulk of the work, and an error handler does what they refuse.

Two byte sequences may stand for one character (髙 is FBFC as typed on Windows and EEE0 as converted by others). The
one that Python would not write back becomes a *twin*: a private-use character of plane 16 (CP932) or 15 (EUC-JP) that
holds the bytes. Gaiji without a character of their own are held the same way. What cannot be decoded is U+FFFD.

Source: JIS X 0208:1997, RFC 1468, Microsoft code pages 932, 51932 and 50221.
"""

import codecs
import re
from dataclasses import dataclass
from typing import Final

from sanitizers.parsers.patterns import finder

_CP932_TWINS: Final = 0x100000
_EUC_TWINS: Final = 0xF0000  # a pair as it is; of three bytes the last two, with the high bit of the last one clear
_BROKEN: Final = "\ufffd"

_HIGH: Final = bytes(code | 0x80 for code in range(256))
_LOW: Final = bytes(code & 0x7F for code in range(256))


def plain(text: str) -> str:
    """The text with the character in place of each twin, for whoever reads it and does not write it back."""
    return _TWINS.sub(lambda found: _meaning(found[0]), text)


# --- CP932 ------------------------------------------------------------------------------------------------------

_TRAIL: Final = rb"[\x40-\x7e\x80-\xfc]"
_CP932_TWIN_ROWS: Final = (  # row 13, IBM's rows
    *(rb"\x87[\x90-\x92\x95-\x97\x9a-\x9c]", rb"\xee\xf9", rb"\xfa" + _TRAIL, rb"\xfb" + _TRAIL, rb"\xfc[\x40-\x4b]"),
)
_CP932_TWIN: Final = b"(?:" + b"|".join(_CP932_TWIN_ROWS) + b")"
_CP932_MAY_HOLD_TWINS: Final = tuple(map(finder, _CP932_TWIN_ROWS))  # one by one they are found by what they begin with
_CP932_TO_TWIN: Final = re.compile(
    rb"((?:[\x00-\x80\xa0-\xdf\xfd-\xff]++|(?!" + _CP932_TWIN + rb")[\x81-\x9f\xe0-\xfc]" + _TRAIL + rb"|"
    rb"[\x81-\x9f\xe0-\xfc](?!" + _TRAIL + rb"))*+)(" + _CP932_TWIN + rb")?"
)
_TWINS: Final = re.compile("[\U000f0000-\U000ffffd\U00100000-\U0010fffd]")


def decode_cp932(untrusted: bytes) -> str:
    """Text with a U+FFFD for what means nothing. Where there is none, `encode_cp932` gives the same bytes."""
    if all(may_hold(untrusted, 0, len(untrusted)) < 0 for may_hold in _CP932_MAY_HOLD_TWINS):
        return _cp932(untrusted)
    pieces = []
    for found in _CP932_TO_TWIN.finditer(untrusted):
        pieces.append(_cp932(found[1]))
        if found[2]:
            pieces.append(chr(_CP932_TWINS + int.from_bytes(found[2], "big")))
    return "".join(pieces)


def encode_cp932(text: str) -> bytes:
    """Raises UnicodeEncodeError for a character that the code page does not have."""
    return text.encode("cp932", "sekisho.cp932")


def _cp932(untrusted: bytes) -> str:
    text = untrusted.decode("cp932", "sekisho.cp932")
    return _CP932_STRAY.sub(_BROKEN, text) if any(letter in text for letter in _STRAYS) else text


def _on_cp932(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError):
        return _twin_bytes(error), error.start + 1
    if isinstance(error, UnicodeDecodeError):
        pair = error.object[error.start : error.start + 2]
        return _BROKEN, error.start + (2 if _CP932_PAIR.fullmatch(pair) else 1)
    raise error


_STRAYS: Final = "\x80\uf8f0\uf8f1\uf8f2\uf8f3"  # Python's reading of 80, A0, FD, FE and FF, which are no letters
_CP932_STRAY: Final = re.compile(f"[{_STRAYS}]")
_CP932_PAIR: Final = re.compile(rb"[\x81-\x9f\xe0-\xfc]" + _TRAIL)


# --- EUC-JP -----------------------------------------------------------------------------------------------------

_EUC_GAIJI: Final = re.compile(rb"[\xf5-\xfe][\xa1-\xfe]|\x8f[\xf3-\xfe][\xa1-\xfe]")  # user-defined, eucJP-ms
_EUC_PAIR: Final = re.compile(rb"[\xa1-\xfe]{2}|\x8f[\xa1-\xfe]{2}")
_EUC_TILDE: Final = b"\x8f\xa2\xb7"  # the one pair that Python reads as an ASCII character


def decode_euc(untrusted: bytes) -> str:
    """Text with a U+FFFD for what means nothing. Where there is none, `encode_euc` gives the same bytes."""
    return _decode_euc(untrusted, "sekisho.euc")


def _decode_euc(untrusted: bytes, errors: str) -> str:
    return _twin(_EUC_TILDE).join(piece.decode("euc_jp", errors) for piece in untrusted.split(_EUC_TILDE))


def encode_euc(text: str) -> bytes:
    """Raises UnicodeEncodeError for a character that the encoding does not have."""
    return text.encode("euc_jp", "sekisho.euc")


def _on_euc(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeDecodeError) and (found := _EUC_GAIJI.match(error.object, error.start)):
        return _EUC_EXTRA.get(found[0]) or _twin(found[0]), found.end()
    return _on_jis(error)


def _on_jis(error: UnicodeError) -> tuple[str | bytes, int]:
    """As in EUC-JP, without user-defined rows: in ISO-2022-JP there are none."""
    if isinstance(error, UnicodeEncodeError):
        return _EUC_EXTRA_BYTES.get(error.object[error.start]) or _twin_bytes(error), error.start + 1
    if isinstance(error, UnicodeDecodeError):
        found = _EUC_PAIR.match(error.object, error.start)
        return (_EUC_EXTRA.get(found[0], _BROKEN), found.end()) if found else (_BROKEN, error.start + 1)
    raise error


def _as_cp932(pair: bytes) -> str:
    """The character that CP932 has in the place of an EUC pair; empty when it has none."""
    row, cell = pair[0] & 0x7F, pair[1] & 0x7F
    lead = (row - 0x21 >> 1) + 0x81
    trail = cell + (0x7E if row % 2 == 0 else 0x20 if cell >= 0x60 else 0x1F)
    return _cp932_pair(bytes((lead if lead < 0xA0 else lead + 0x40, trail)))


def _cp932_pair(pair: bytes) -> str:
    try:
        return pair.decode("cp932")
    except UnicodeDecodeError:
        return ""


def _extra() -> dict[bytes, str]:
    """Row 13 (NEC) and rows 89 to 92 (IBM's, as chosen by NEC), which CP51932 adds: each pair with its character."""
    found: dict[bytes, str] = {}
    for lead in (0xAD, 0xF9, 0xFA, 0xFB, 0xFC):
        for trail in range(0xA1, 0xFF):
            pair = bytes((lead, trail))
            character = _as_cp932(pair)
            if character:
                known = character.encode("euc_jp", "ignore") or character in found.values()
                found[pair] = _twin(pair) if known else character
    return found


# --- ISO-2022-JP ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shifts:
    """Which escapes a text in ISO-2022-JP uses where there is a choice."""

    double: bytes = b"\x1b$B"  # or ESC $ @, the edition of 1978
    single: bytes = b"\x1b(B"  # or ESC ( J, JIS X 0201 Roman


JIS_ESCAPE: Final = re.compile(rb"(\x1b(?:\$[@B]|\$\([@BD]|&@\x1b\$B|\([BJHI]))")
_TO_DOUBLE: Final = (b"\x1b$@", b"\x1b$B")
_TO_SINGLE: Final = (b"\x1b(B", b"\x1b(J")
_TO_KANA: Final = b"\x1b(I"
_TO_SUPPLEMENT: Final = b"\x1b$(D"  # JIS X 0212
_DOUBLE_RUN: Final = re.compile(rb"((?:[\x21-\x7e]{2})++)|[\x00-\x20\x7f]++|.", re.DOTALL)
_KANA_RUN: Final = re.compile(rb"([\x21-\x5f]++)|[\x00-\x20\x7f]++|.", re.DOTALL)
_EUC_RUN: Final = re.compile(rb"[\x8e\x8f\xa1-\xfe]++")
_EUC_PARTS: Final = re.compile(rb"((?:[\xa1-\xfe]{2})++)|((?:\x8e[\xa1-\xdf])++)|((?:\x8f[\xa1-\xfe]{2})++)")


def decode_jis(untrusted: bytes) -> tuple[str, Shifts]:
    """Text, and how it is shifted. Escapes of other standards stay in the text as the controls they are."""
    first, *rest = JIS_ESCAPE.split(untrusted)
    pieces = [first]
    for escape, piece in zip(rest[::2], rest[1::2], strict=True):
        if escape == _TO_KANA:
            pieces.append(_KANA_RUN.sub(_kana_as_euc, piece))
        elif escape == _TO_SUPPLEMENT:
            pieces.append(_DOUBLE_RUN.sub(_supplement_as_euc, piece))
        elif escape[1:2] == b"(":
            pieces.append(piece)
        else:
            pieces.append(_DOUBLE_RUN.sub(_double_as_euc, piece))
    escapes = rest[::2]
    shifts = Shifts(
        next((escape for escape in escapes if escape in _TO_DOUBLE), _TO_DOUBLE[1]),
        next((escape for escape in escapes if escape in _TO_SINGLE), _TO_SINGLE[0]),
    )
    return _decode_euc(b"".join(pieces), "sekisho.jis"), shifts


def encode_jis(text: str, shifts: Shifts) -> bytes:
    """Each run of Japanese between its two escapes, ASCII everywhere else."""
    return _EUC_RUN.sub(lambda run: _shift(run[0], shifts), encode_euc(text))


def _shift(run: bytes, shifts: Shifts) -> bytes:
    pieces = []
    for double, kana, supplement in _EUC_PARTS.findall(run):
        if double:
            pieces += [shifts.double, double.translate(_LOW)]
        elif kana:
            pieces += [_TO_KANA, kana[1::2].translate(_LOW)]
        else:
            pieces += [_TO_SUPPLEMENT, supplement.translate(None, b"\x8f").translate(_LOW)]
    return b"".join([*pieces, shifts.single])


def _double_as_euc(found: re.Match[bytes]) -> bytes:
    return found[1].translate(_HIGH) if found[1] else _kept(found[0])


def _kana_as_euc(found: re.Match[bytes]) -> bytes:
    return b"\x8e".join([b"", *_single_bytes(found[1].translate(_HIGH))]) if found[1] else _kept(found[0])


def _supplement_as_euc(found: re.Match[bytes]) -> bytes:
    if not found[1]:
        return _kept(found[0])
    triples = bytearray(b"\x8f" * (len(found[1]) // 2 * 3))
    triples[1::3] = found[1][::2].translate(_HIGH)
    triples[2::3] = found[1][1::2].translate(_HIGH)
    return bytes(triples)


def _single_bytes(run: bytes) -> list[bytes]:
    return [run[place : place + 1] for place in range(len(run))]


def _kept(other: bytes) -> bytes:
    """White space and controls stay as they are; half a pair becomes what EUC cannot decode."""
    return other if other[0] <= 0x20 or other[0] == 0x7F else b"\xff"


# --- twins ------------------------------------------------------------------------------------------------------


def _twin(code: bytes) -> str:
    lead, trail = code[-2:]
    return chr(_EUC_TWINS + (lead << 8) + (trail if len(code) == 2 else trail & 0x7F))


def _twin_bytes(error: UnicodeEncodeError) -> bytes:
    code = ord(error.object[error.start])
    if code < _EUC_TWINS:
        raise error
    pair = (code & 0xFFFF).to_bytes(2, "big")
    return pair if code >= _CP932_TWINS or pair[1] > 0x7F else b"\x8f" + pair.translate(_HIGH)


def _meaning(twin: str) -> str:
    """The character of a twin; 〓 for gaiji that have none."""
    pair = (ord(twin) & 0xFFFF).to_bytes(2, "big")
    if ord(twin) >= _CP932_TWINS:
        return _cp932_pair(pair) or "〓"
    if twin == _twin(_EUC_TILDE):
        return "～"
    return (_as_cp932(pair) if pair[1] > 0x7F else "") or "〓"


_EUC_EXTRA: Final = _extra()
_EUC_EXTRA_BYTES: Final = {character: pair for pair, character in _EUC_EXTRA.items() if ord(character) < _EUC_TWINS}
codecs.register_error("sekisho.cp932", _on_cp932)
codecs.register_error("sekisho.euc", _on_euc)
codecs.register_error("sekisho.jis", _on_jis)
