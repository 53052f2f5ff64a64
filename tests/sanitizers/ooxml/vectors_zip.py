"""What the container of a package can carry (ZIP-01 to ZIP-30): changes to its members, as they are written."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.sanitizers.ooxml.forge import Package
from tests.sanitizers.verify.forge import Member, folder, zip_of

Members = list[Member]


@dataclass(frozen=True)
class Container:
    """`make` gets the members of a package, the document's settings as the last of them."""

    id: str
    what: str
    make: Callable[[Members], bytes]

    def __str__(self) -> str:
        return f"{self.id} {self.what}"

    @property
    def file_name(self) -> str:
        """The name of the file in the corpus."""
        return f"{'-'.join(self.what.lower().split())}.docx"

    def put_in(self, package: Package) -> bytes:
        """The package with the vector in it, as a file."""
        members = [replace(member, method=0) for member in package.members()]
        members.sort(key=lambda member: member.name.endswith(b"settings.xml"))
        return self.make(members)


def _last(**changed: object) -> Callable[[Members], bytes]:
    """The last member with other fields."""
    return lambda members: zip_of(*members[:-1], replace(members[-1], **changed))


def _more(*added: Member) -> Callable[[Members], bytes]:
    return lambda members: zip_of(*members, *added)


def _around(**changed: object) -> Callable[[Members], bytes]:
    return lambda members: zip_of(*members, **changed)  # type: ignore[arg-type]


def _again(**changed: object) -> Callable[[Members], bytes]:
    """The last member a second time."""
    return lambda members: zip_of(*members, replace(members[-1], **changed))


def _locator(members: Members) -> bytes:
    data = zip_of(*members)
    return data[:-22] + b"PK\x06\x07" + struct.pack("<IQI", 0, len(data), 1) + data[-22:]


def _hidden(members: Members) -> bytes:
    hidden = Member(b"word/hidden.xml", b"<hidden/>")
    return zip_of(*members, gap=hidden.local_header() + hidden.body())


def _overlap(members: Members) -> bytes:
    return zip_of(*members, Member(b"word/other.xml", members[0].data, offset=0))


_UNICODE_PATH = b"up\x10\0\x01abcdword/b.xml "
_LINK = Member(b"word/a", b"/etc/passwd", made_by=0x314, mode=0o120777 << 16)
_BLANKS = Member(b"word/blanks.xml", b"<a>" + b" " * (11 << 20) + b"</a>")

CONTAINERS = (
    Container("ZIP-01", "a name twice", _again()),
    Container("ZIP-02", "names that differ in case", _again(name=b"Word/Settings.XML")),
    Container("ZIP-03", "a way down and up", _again(name=b"word/../word/settings.xml")),
    Container("ZIP-04", "a backslash in a name", _again(name=b"word\\settings.xml")),
    Container("ZIP-05", "another name in the local header", _last(local={"name": b"word/setting5.xml"})),
    Container("ZIP-06", "a name in an extra field", _last(extra=_UNICODE_PATH)),
    Container("ZIP-07", "a name that is no UTF-8", _more(Member("word/表.xml".encode("cp932"), b"<a/>", flags=0x800))),
    Container("ZIP-08", "another method in the local header", _last(local={"method": 8})),
    Container("ZIP-09", "another size in the local header", _last(local={"size": 5})),
    Container("ZIP-10", "a wrong checksum", _last(crc=1)),
    Container("ZIP-11", "encrypted in one header", _last(local={"flags": 1})),
    Container("ZIP-12", "a member that no directory lists", _hidden),
    Container("ZIP-13", "an end record in the comment", _around(comment=zip_of())),
    Container("ZIP-14", "a count too small", lambda members: zip_of(*members, count=len(members) - 1)),
    Container("ZIP-15", "a program in front", lambda members: b"#!/bin/sh\n" + zip_of(*members)),
    Container("ZIP-16", "a locator of another directory", _locator),
    Container("ZIP-17", "two archives in a row", lambda members: zip_of(*members) + zip_of(*members)),
    Container("ZIP-18", "a comment", _around(comment=b"hidden")),
    Container("ZIP-19", "two members in the same bytes", _overlap),
    Container("ZIP-20", "a ratio beyond the limit", _more(_BLANKS)),
    Container("ZIP-22", "too many members", _more(*(folder(b"a%d/" % number) for number in range(10_001)))),
    Container("ZIP-23", "a rare method", _last(method=12, packed=b"BZh9", size=100)),
    Container("ZIP-24", "a size behind the data", _last(flags=8, behind=b"PK\x07\x08" + bytes(12))),
    Container("ZIP-25", "a link to a file", _more(_LINK)),
    Container("ZIP-26", "a folder with data", _more(folder(b"word/a/", data=b"hidden"))),
    Container("ZIP-27", "a NUL in a name", _again(name=b"word/settings.xml\0.xml")),
    Container("ZIP-28", "a second disk", _last(disk=1)),
    Container("ZIP-29", "a gap", _around(gap=b"hidden")),
    Container("ZIP-30", "a time", _last(time=0x6000, date=0x5A21)),
)
NO_CONTAINER = {"ZIP-21": "a package in a package is ended by the depth that all members share"}
