"""A PDF opened by qpdf, as a parser only: its objects as plain values, one at a time, and the bytes of its streams.

Nothing of the file is run, drawn or looked up; XMP is never read (TB-11). What qpdf had to mend is told by its
warnings, which become findings. Source: ISO 32000-2:2020, 7. Trust: every byte is hostile.
"""

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import pikepdf

from sanitizers.budget import Budget
from sanitizers.codecs import deflate
from sanitizers.errors import EncryptedError, MalformedError, PurseError
from sanitizers.formats.pdf.direct import direct
from sanitizers.formats.pdf.filters import require_lzw_fits, require_sides, run_length
from sanitizers.formats.pdf.values import Ref, Stream, Value, read_value
from sanitizers.formats.pdf.vectors import PDF_67, PDF_73, PDF_99
from sanitizers.parsers.patterns import compiled

_QPDF_ERRORS: Final = (pikepdf.PdfError, RuntimeError, ValueError, OverflowError, IndexError)
_BARE: Final = (int, Decimal, type(None))
_MAX_CHAIN: Final = 4  # PDF-60
_MAX_OBJECTS: Final = 2_000_000
_STEP: Final = 512  # packed bytes at a time, of a stream that is broken
_SLACK: Final = 2  # bytes of a line's end that may stand behind samples
_LONG_ROWS: Final = compiled(rb"/Col[a-z0-9#]{1,20}[\0\t\n\f\r ]+0*[1-9]\d{7}")
_FOLLOWED: Final = 32  # references to references
_UNREAD: Final[Any] = object()
ABBREVIATED: Final = {
    "/Fl": "/FlateDecode",
    "/AHx": "/ASCIIHexDecode",
    "/A85": "/ASCII85Decode",
    "/LZW": "/LZWDecode",
    "/RL": "/RunLengthDecode",
    "/CCF": "/CCITTFaxDecode",
    "/DCT": "/DCTDecode",
}
GENERAL: Final = ("/FlateDecode", "/LZWDecode", "/ASCII85Decode", "/ASCIIHexDecode", "/RunLengthDecode")
PICTURES: Final = ("/DCTDecode", "/JPXDecode", "/JBIG2Decode", "/CCITTFaxDecode")


@dataclass(frozen=True, slots=True)
class OpenedPdf:
    """A file that is one, not yet opened if it wants a password."""

    data: bytes = field(repr=False)
    budget: Budget
    pdf: pikepdf.Pdf | None
    has_sealed_files: bool = False  # the document is open, the files attached to it are behind a password
    broken: MalformedError | None = None  # why qpdf does not open it; another reader may still draw it

    def source(self, passwords: tuple[str, ...]) -> "Source":
        """Its objects. Raises EncryptedError where no password opens it, MalformedError."""
        if self.broken is not None:
            raise self.broken
        pdf = self.pdf
        for password in passwords if pdf is None else ():
            pdf = pdf or _opened(self.data, password)
        if pdf is None:
            raise EncryptedError("a document behind a password", PDF_67)
        return Source(self.data, self.budget, pdf, self.has_sealed_files)


def parse(untrusted: bytes, budget: Budget) -> OpenedPdf:
    """Open a document. One that cannot be opened says so when it is asked for its objects. Raises EncryptedError."""
    try:
        pdf = _opened(untrusted, "")
        beside = _opened_beside(untrusted) if pdf is None else None
        return OpenedPdf(untrusted, budget, pdf or beside, beside is not None)
    except MalformedError as error:
        return OpenedPdf(untrusted, budget, None, broken=error)


def _opened_beside(untrusted: bytes) -> pikepdf.Pdf | None:
    """A document of which only the attached files are encrypted (7.6.6: strings and streams by /Identity).

    qpdf asks for the password all the same, unless it does not see the dictionary; what it then reads of the attached
    files is noise, and they are not carried.
    """
    hidden = _ENCRYPT.sub(_UNSEEN, untrusted)
    try:
        pdf = _opened(hidden, "") if hidden != untrusted else None
        sealed = pdf.trailer.get(_UNSEEN.decode()) if pdf is not None else None
        said = read_value(sealed.unparse(resolved=True)) if sealed is not None else None
    except (*_QPDF_ERRORS, MalformedError, EncryptedError, AttributeError):
        return None
    if not isinstance(said, dict) or said.get("/Filter") != "/Standard" or said.get("/V") not in (4, 5):
        return None
    is_plain = all(said.get(key, "/Identity") == "/Identity" for key in ("/StmF", "/StrF"))
    return pdf if is_plain else None


_UNSEEN: Final = b"/Encrypu"  # as long, so that everything stays at its place
_ENCRYPT: Final = re.compile(rb"/Encrypt(?=\s*(?:\d+\s+\d+\s+R\b|<<))")


def _opened(untrusted: bytes, password: str) -> pikepdf.Pdf | None:
    if _LONG_ROWS.search(untrusted):  # qpdf makes room for a row of a table of objects before it reads it (PDF-99)
        raise MalformedError("rows of an impossible length", PDF_99)
    try:
        pdf = _read_by_qpdf(_with_room(untrusted), password)
    except pikepdf.PasswordError:
        return None
    except _QPDF_ERRORS as error:
        if "encryption" in str(error) or "crypt filter" in str(error):  # a handler that nobody can ask
            raise EncryptedError("an unknown kind of encryption", PDF_67) from error
        raise MalformedError("no document can be read from it") from error
    stated = pdf.trailer.get("/Size", 0)  # to count them, qpdf would have to read them all
    if isinstance(stated, int) and stated > _MAX_OBJECTS:
        raise PurseError(f"{stated} objects", PDF_73)
    return pdf


def _read_by_qpdf(data: bytes, password: str) -> pikepdf.Pdf:
    """The document by its table of objects; where that leads to no catalog, by a search for them, as readers do."""
    try:
        return _pikepdf(data, password)
    except pikepdf.PdfError as error:
        if _NO_CATALOG not in str(error):
            raise
    return _pikepdf(data.replace(_TABLE_AT, _TABLE_UNSEEN), password)


def _pikepdf(data: bytes, password: str) -> pikepdf.Pdf:
    file = io.BytesIO(data)
    return pikepdf.open(file, password=password, suppress_warnings=True, inherit_page_attributes=False)


def _with_room(untrusted: bytes) -> bytes:
    """The file, blanks behind its table where the numbers of its objects are sparse, as of pages that were cut out.

    qpdf takes a number above a third of the file's length for an error, and would not read what has it.
    """
    stated = max((int(number) for number in _NUMBERS.findall(untrusted)), default=0)
    lacking = min(stated, _MAX_OBJECTS) * _BYTES_PER_OBJECT - len(untrusted)
    at = untrusted.rfind(_TABLE_AT)
    return untrusted[:at] + b"\n" * lacking + untrusted[at:] if lacking > 0 and at >= 0 else untrusted


_NUMBERS: Final = compiled(rb"/(?:Size|Root)[\0\t\n\f\r ]+(\d{1,7})")
_BYTES_PER_OBJECT: Final = 4
_TABLE_AT, _TABLE_UNSEEN = b"startxref", b"startxxxx"
_NO_CATALOG: Final = "/Root"


@dataclass(slots=True)
class Filters:
    """What has to be undone to read a stream: names, and the parameters of each."""

    names: list[str]
    parameters: list[dict[str, Any]]


class Source:
    """The objects of one document, each read once."""

    def __init__(self, data: bytes, budget: Budget, pdf: pikepdf.Pdf, has_sealed_files: bool = False) -> None:
        self.data, self.budget, self.pdf, self.has_sealed_files = data, budget, pdf, has_sealed_files
        self._read: dict[Ref, Value] = {}
        self._adopted: dict[int, Ref] = {}
        self._told = pdf.get_warnings()
        self._direct = None if self._told else direct(data, pdf)
        self._straight = {} if self._direct is None else self._direct.all()
        self.unreadable = 0

    def adopted(self, value: dict[str, Any]) -> Ref:
        """A reference to a dictionary that stands directly in another, so that it can be shared."""
        known = self._adopted.get(id(value))
        if known is None:
            known = self._adopted[id(value)] = Ref(-1 - len(self._adopted), 0)
            self._read[known] = value
        return known

    def trailer(self) -> dict[str, Any]:
        """The trailer's own entries."""
        try:
            value = read_value(self.pdf.trailer.unparse(resolved=True))
        except _QPDF_ERRORS as error:
            raise MalformedError("the trailer cannot be read") from error
        return value if isinstance(value, dict) else {}

    def get(self, value: Value) -> Value:
        """The value itself, or the one that a reference leads to; null where it leads nowhere."""
        if type(value) is not Ref:
            return value
        read = self._read
        for _ in range(_FOLLOWED):
            found: Value = read.get(value, _UNREAD)
            if found is _UNREAD:
                found = read[value] = self._load(value)
            if type(found) is not Ref:
                return found
            value = found
        return None

    def dictionary(self, value: Value) -> dict[str, Any]:
        """The dictionary that this is or leads to, a stream's included; an empty one where there is none."""
        found = self.get(value)
        if isinstance(found, Stream):
            return found.entries
        return found if isinstance(found, dict) else {}

    def array(self, value: Value) -> list[Any]:
        """The array that this is or leads to; an empty one where there is none."""
        found = self.get(value)
        return found if isinstance(found, list) else []

    def name(self, value: Value) -> str:
        """The name that this is or leads to, or ""."""
        found = self.get(value)
        return found if isinstance(found, str) else ""

    def number(self, value: Value) -> float | None:
        """The number that this is or leads to."""
        found = self.get(value)
        return found if type(found) in (int, float) else None  # type: ignore[return-value]

    def _load(self, ref: Ref) -> Value:
        if self._told or self._direct is None:
            return self._load_by_qpdf(ref)
        value: Value = self._straight.get(ref, _UNREAD)
        if value is _UNREAD:
            value = self._load_by_qpdf(ref)
            self._told += self.pdf.get_warnings()  # what had to be mended may move all that follows
        return value

    def _load_by_qpdf(self, ref: Ref) -> Value:
        try:
            item = self.pdf.get_object(ref)
            if isinstance(item, pikepdf.Stream):
                entries = read_value(item.stream_dict.unparse(resolved=True))
                return Stream(entries, ref) if isinstance(entries, dict) else None
            if isinstance(item, _BARE):  # numbers and truths come as what they are
                return float(item) if isinstance(item, Decimal) else item
            return read_value(item.unparse(resolved=True))
        except (*_QPDF_ERRORS, MalformedError, AttributeError):
            self.unreadable += 1
            return None

    def raw(self, stream: Stream) -> bytes:
        """The stream's bytes as they stand in the file, decrypted."""
        found = self._direct.raw(stream.ref) if self._direct is not None else None
        if found is not None:
            return found
        try:
            return bytes(self.pdf.get_object(stream.ref).read_raw_bytes())
        except _QPDF_ERRORS as error:
            raise MalformedError("a stream that cannot be read") from error

    def starts_with(self, stream: Stream, start: bytes) -> bool:
        """Whether these are a stream's first bytes, as far as that can be told without undoing it all."""
        try:
            raw, filters = self.raw(stream), self.filters(stream.entries).names
            if filters == ["/FlateDecode"]:
                raw = zlib.decompressobj().decompress(raw[:_STEP], len(start))
        except (MalformedError, zlib.error):
            return False
        return raw.startswith(start) and filters in ([], ["/FlateDecode"])

    def filters(self, entries: dict[str, Any]) -> Filters:
        """The filters of a stream. Raises MalformedError for more than may be chained, or what is no filter."""
        found = self.get(entries.get("/Filter", entries.get("/F") if "/Filter" not in entries else None))
        if "/DecodeParms" not in entries and "/DP" not in entries:
            only = self.get(found[0]) if type(found) is list and len(found) == 1 else found
            if type(only) is str:
                return Filters([ABBREVIATED.get(only, only)], [{}])
        names = [self.name(one) for one in (found if isinstance(found, list) else [found] if found else [])]
        if not all(names) or len(names) > _MAX_CHAIN:
            raise MalformedError("filters that nobody can undo")
        given = self.get(entries.get("/DecodeParms", entries.get("/DP")))
        parameters = list(map(self.dictionary, given)) if isinstance(given, list) else [self.dictionary(given)]
        parameters = [{key: self.get(value) for key, value in one.items()} for one in parameters]
        parameters += [{}] * (len(names) - len(parameters))
        return Filters([ABBREVIATED.get(name, name) for name in names], parameters)

    def decoded(self, stream: Stream) -> tuple[bytes, bool]:
        """The stream's bytes with all its general filters undone, and whether it was whole. Raises MalformedError."""
        return self.undone(self.raw(stream), self.filters(stream.entries))

    def undone(self, data: bytes, filters: Filters, size: int | None = None) -> tuple[bytes, bool]:
        """Bytes with these filters undone, and whether they were whole. Raises MalformedError for an unknown filter.

        `size` is how many they have to be, where a picture says so: no more are unpacked, however tight they are.
        """
        is_whole = True
        for name, parameters in zip(filters.names, filters.parameters):
            if name == "/FlateDecode":
                is_predicted = parameters.get("/Predictor", 1) not in (1, None)
                plain, was_whole = self._inflated(data, size and size << is_predicted)
                is_whole &= was_whole
                if is_predicted and size is not None and not was_whole:
                    data = deflate.deflate_zlib(plain)  # no more than is paid for
                data = self._by_qpdf(data, name, parameters, size is not None) if is_predicted else plain
            elif name in GENERAL:
                data = self._by_qpdf(data, name, parameters)
            elif name == "/Crypt" and parameters.get("/Name", "/Identity") == "/Identity":
                continue
            else:
                raise MalformedError("a filter that is not known")
        return data, is_whole

    def _inflated(self, data: bytes, size: int | None) -> tuple[bytes, bool]:
        left = self.budget.left_to_expand()
        if size is not None:
            self._pay(size, size)
            left = size + _SLACK
        try:
            found = deflate.inflate_zlib(data, left)
        except MalformedError:
            inflated = _rescued(data, left)
            if size is None:
                self._pay(len(inflated), len(data))
            return inflated, False
        if size is None:
            self._pay(len(found.data) + found.has_more, len(data))
        return bytes(found.data), not (found.bytes_behind or found.has_more)

    def _pay(self, size: int, packed: int) -> None:
        try:
            self.budget.expand(size, packed)
        except PurseError as error:
            raise PurseError(str(error), PDF_73) from error

    def _by_qpdf(self, data: bytes, name: str, parameters: dict[str, Any], is_paid: bool = False) -> bytes:
        if name == "/RunLengthDecode":
            found = run_length(data, self.budget.left_to_expand())
            self._pay(len(found), len(data))
            return found
        if name == "/LZWDecode":
            require_lzw_fits(data, parameters.get("/EarlyChange", 1) != 0, self.budget.left_to_expand())
        stream = pikepdf.Stream(self.pdf, data)
        stream.stream_dict.Filter = pikepdf.Name(name)
        numbers = {key: value for key, value in parameters.items() if type(value) is int}
        require_sides(numbers)
        if numbers and name in ("/LZWDecode", "/FlateDecode"):
            stream.stream_dict.DecodeParms = pikepdf.Dictionary(numbers)
        try:
            found = bytes(stream.read_bytes(decode_level=pikepdf.StreamDecodeLevel.specialized))
        except _QPDF_ERRORS as error:
            raise MalformedError(f"{name[1:]} that breaks its format") from error
        if not is_paid:
            self._pay(len(found), len(data))
        return found

    def dictionaries(self) -> Iterator[dict[str, Any]]:
        """Every dictionary of the file that is an object by itself, whether anything leads to it or not."""
        for item in self.pdf.objects:
            if isinstance(item, pikepdf.Dictionary):
                yield self.dictionary(Ref(*item.objgen))

    def warnings(self) -> list[str]:
        """What qpdf had to mend so far, in its words."""
        self._told += self.pdf.get_warnings()
        return [str(warning) for warning in self._told]


def _rescued(data: bytes, most: int) -> bytes:
    """What can be read of a broken zlib stream, as viewers do: all before the fault, whatever its checksum."""
    for body in (data[2:], data):  # behind its header, or without one
        found = _inflated_until_broken(body, most + 1)
        if found:
            return found
    return b""


def _inflated_until_broken(body: bytes, most: int) -> bytes:
    stream = zlib.decompressobj(-15)
    parts, left = [], most
    for at in range(0, len(body), _STEP):
        before = stream.copy()
        try:
            parts.append(stream.decompress(body[at : at + _STEP], left))
        except zlib.error:
            return b"".join((*parts, _last_bytes(before, body[at : at + _STEP], left)))
        left -= len(parts[-1])
        if stream.eof or left <= 0:
            break
    return b"".join(parts)


def _last_bytes(stream: "zlib._Decompress", step: bytes, most: int) -> bytes:
    """What stands before the fault in the step that it is in."""
    parts: list[bytes] = []
    try:
        for at in range(len(step)):
            parts.append(stream.decompress(step[at : at + 1], most))
            most -= len(parts[-1])
            if most <= 0:
                break
    except zlib.error:
        pass
    return b"".join(parts)
