"""Office packages behind a password: a compound file whose one stream of worth is an encrypted ZIP.

Opened by msoffcrypto-tool: agile and standard encryption. What it opens is only bytes again, and hostile as before.

Source: [MS-OFFCRYPTO] 2.3.4.5 (standard), 2.3.4.10 (agile), 2.3.4.4 (EncryptedPackage).
"""

import io
import struct
from dataclasses import dataclass, field
from typing import Any, Final
from xml.dom import minidom
from xml.parsers.expat import ExpatError

import olefile
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError
from msoffcrypto.format.ooxml import OOXMLFile
from msoffcrypto.method.ecma376_agile import ECMA376Agile
from msoffcrypto.method.ecma376_standard import ECMA376Standard

from policies.catalogue import vector
from sanitizers.errors import LimitError, MalformedError, UnsupportedError

GEN_14: Final = vector("GEN-14")

# No secret: what Excel tries by itself (2.3.7)
DEFAULT_PASSWORD: Final = "VelvetSweatshop"  # noqa: S105
MAX_SPINS: Final = 500_000  # rounds of the password's hash: Office makes 100,000
_MAX_INFO_BYTES: Final = 65_536
_RIGHTS: Final = "\x06DataSpaces/TransformInfo/DRMEncryptedTransform"
_ZIP: Final = b"PK"
_BROKEN: Final = (
    *(DecryptionError, FileFormatError, ParseError, ExpatError, struct.error, UnicodeError),
    *(OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError),
)


@dataclass(slots=True)
class Sealed:
    """An encrypted package that was recognised, and can be tried with passwords."""

    size: int  # of what is inside, as it is said
    _file: Any = field(repr=False)

    def open(self, password: str) -> bytes | None:
        """What is inside, or None where this is not the password. Raises MalformedError."""
        try:
            self._file.load_key(password=password, verify_password=True)
            opened = io.BytesIO()
            self._file.decrypt(opened)
        except InvalidKeyError:
            return None
        except _BROKEN as error:
            raise MalformedError("an encrypted package that breaks its format") from error
        data = opened.getvalue()
        return data if data.startswith(_ZIP) else None


def read_sealed(untrusted: bytes) -> Sealed:
    """The encrypted package. Raises MalformedError, LimitError; UnsupportedError for rights management (GEN-14)."""
    try:
        with olefile.OleFileIO(untrusted) as compound:
            if not compound.exists("EncryptionInfo") or compound.exists(
                "\x06DataSpaces/TransformInfo/DRMEncryptedTransform"
            ):
                raise UnsupportedError("rights management", GEN_14)
            if compound.get_size("EncryptionInfo") > _MAX_INFO_BYTES:
                raise LimitError("a description of the encryption beyond all reason")
            with compound.openstream("EncryptedPackage") as stream:
                (size,) = struct.unpack("<Q", stream.read(8))
        file = OOXMLFile(io.BytesIO(untrusted))
    except (InvalidKeyError, *_BROKEN) as error:
        raise MalformedError("an encrypted package that breaks its format") from error
    if file.type == "agile" and file.info["spinValue"] > MAX_SPINS:
        raise LimitError(f"{file.info['spinValue']} rounds for a password")
    return Sealed(size, file)


def warm() -> None:
    """Use each cipher and hash once, so that a locked child opens nothing."""
    minidom.parseString("<a/>")  # noqa: S318
    olefile.isOleFile(io.BytesIO(b"a" * 2048))
    for algorithm in ("SHA1", "SHA256", "SHA384", "SHA512"):
        ECMA376Agile.makekey_from_password("a", bytes(16), algorithm, bytes(16), 1, 128)
    ECMA376Agile.decrypt(bytes(32), bytes(16), "SHA512", io.BytesIO(bytes(8 + 16)))
    ECMA376Standard.makekey_from_password("a", 0x660E, 0x8004, 24, 128, 16, bytes(16))
    ECMA376Standard.decrypt(bytes(16), io.BytesIO(bytes(8 + 16)))
