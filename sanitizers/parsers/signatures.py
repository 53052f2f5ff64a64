"""What files look like at their start, and the extensions that go with each type. Tables; nothing here is called.

A signature names bytes at fixed places. Structure that takes more than that (ZIP, compound file, ISO media, text) is
looked at in sanitizers/detect.
Source: the formats' own specifications; IANA media types, or the customary x- name where none is registered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Final


class Family(Enum):
    """Kinds of content that a name may claim. A name of one family over bytes of another is a disguise (GEN-01)."""

    PICTURE = auto()
    MEDIA = auto()
    PDF = auto()
    OFFICE = auto()
    ARCHIVE = auto()
    MAIL = auto()
    MARKUP = auto()
    TEXT = auto()
    DRAWING = auto()  # CAD
    DATA = auto()


@dataclass(frozen=True, slots=True)
class Known:
    """A type this gateway can tell, its family, and the extensions it goes by; the first is the usual one."""

    media_type: str
    family: Family
    extensions: tuple[str, ...]


def _known(family: Family, *rows: tuple[str, str]) -> tuple[Known, ...]:
    return tuple(Known(media_type, family, tuple(extensions.split())) for media_type, extensions in rows)


OOXML: Final = "application/vnd.openxmlformats-officedocument."
ODF: Final = "application/vnd.oasis.opendocument."

KNOWN: Final[tuple[Known, ...]] = (
    *_known(
        Family.PICTURE,
        ("image/jpeg", "jpg jpeg jpe jfif mpo"),
        ("image/png", "png apng"),
        ("image/gif", "gif"),
        ("image/webp", "webp"),
        ("image/tiff", "tif tiff dng nef cr2 arw"),
        ("image/bmp", "bmp dib"),
        ("image/heic", "heic heif hif heics heifs"),
        ("image/avif", "avif avifs"),
        ("image/vnd.microsoft.icon", "ico cur"),
        ("image/svg+xml", "svg svgz"),
        ("image/emf", "emf"),
        ("image/wmf", "wmf"),
        ("image/jp2", "jp2 j2k jpf jpx jpm j2c jpc"),
        ("image/jxl", "jxl"),
        ("image/vnd.ms-photo", "jxr wdp hdp"),
        ("image/vnd.adobe.photoshop", "psd psb"),
        ("image/vnd.djvu", "djvu djv"),
        ("image/x-portable-anymap", "pnm pbm pgm ppm pam"),
        ("image/x-exr", "exr"),
        ("image/vnd.fpx", "fpx"),
    ),
    *_known(
        Family.MEDIA,
        ("video/mp4", "mp4 m4v"),
        ("audio/mp4", "m4a m4b"),
        ("video/quicktime", "mov qt"),
        ("video/3gpp", "3gp 3g2"),
        ("audio/mpeg", "mp3 mp2 mpga"),
        ("audio/wav", "wav"),
        ("audio/aac", "aac"),
        ("audio/flac", "flac"),
        ("application/ogg", "ogg oga ogv ogx opus spx"),
        ("video/x-matroska", "mkv mka"),
        ("video/webm", "webm"),
        ("video/x-msvideo", "avi"),
        ("video/x-ms-asf", "wmv wma asf"),
        ("video/mpeg", "mpg mpeg vob"),
        ("video/mp2t", "m2ts mts"),
        ("video/x-flv", "flv"),
        ("audio/aiff", "aif aiff aifc"),
        ("audio/midi", "mid midi"),
        ("audio/amr", "amr"),
        ("audio/basic", "au snd"),
    ),
    *_known(Family.PDF, ("application/pdf", "pdf")),
    *_known(
        Family.OFFICE,
        (OOXML + "wordprocessingml.document", "docx"),
        (OOXML + "wordprocessingml.template", "dotx"),
        ("application/vnd.ms-word.document.macroEnabled.12", "docm"),
        ("application/vnd.ms-word.template.macroEnabled.12", "dotm"),
        (OOXML + "spreadsheetml.sheet", "xlsx"),
        (OOXML + "spreadsheetml.template", "xltx"),
        ("application/vnd.ms-excel.sheet.macroEnabled.12", "xlsm"),
        ("application/vnd.ms-excel.template.macroEnabled.12", "xltm"),
        ("application/vnd.ms-excel.addin.macroEnabled.12", "xlam"),
        ("application/vnd.ms-excel.sheet.binary.macroEnabled.12", "xlsb"),
        (OOXML + "presentationml.presentation", "pptx"),
        (OOXML + "presentationml.template", "potx"),
        (OOXML + "presentationml.slideshow", "ppsx"),
        ("application/vnd.ms-powerpoint.presentation.macroEnabled.12", "pptm"),
        ("application/vnd.ms-powerpoint.template.macroEnabled.12", "potm"),
        ("application/vnd.ms-powerpoint.slideshow.macroEnabled.12", "ppsm"),
        ("application/vnd.ms-powerpoint.addin.macroEnabled.12", "ppam"),
        ("application/x-opc-package", ""),
        ("application/vnd.ms-office.encrypted-package", ""),
        ("application/msword", "doc dot"),
        ("application/vnd.ms-excel", "xls xlt xlw"),
        ("application/vnd.ms-powerpoint", "ppt pps pot"),
        ("application/x-ole-storage", ""),
        ("application/rtf", "rtf"),
        ("application/vnd.ms-wordml", ""),
        ("application/vnd.ms-spreadsheetml", ""),
        ("application/vnd.ms-office.flat-opc+xml", ""),
        (ODF + "text", "odt"),
        (ODF + "text-template", "ott"),
        (ODF + "text-master", "odm"),
        (ODF + "text-web", "oth"),
        (ODF + "spreadsheet", "ods"),
        (ODF + "spreadsheet-template", "ots"),
        (ODF + "presentation", "odp"),
        (ODF + "presentation-template", "otp"),
        (ODF + "graphics", "odg"),
        (ODF + "graphics-template", "otg"),
        (ODF + "chart", "odf"),
        (ODF + "formula", ""),
        (ODF + "image", "odi"),
        (ODF + "base", "odb"),
        (ODF + "text-flat-xml", "fodt"),
        (ODF + "spreadsheet-flat-xml", "fods"),
        (ODF + "presentation-flat-xml", "fodp"),
        (ODF + "graphics-flat-xml", "fodg"),
        ("application/vnd.sun.xml", "sxw sxc sxi sxd stw stc sti std sxm sxg"),
        ("application/epub+zip", "epub"),
        ("application/x-js-taro", "jtd jtt jtdc jttc jbw jfw jaw jsw jtw juw"),
        ("application/x-js-hanako", "jhd jhdc jbh jah"),
        ("application/x-js-sanshiro", "jsd"),
        ("application/x-hwp", "hwp hwt"),
        ("application/hwp+zip", "hwpx"),
        ("application/vnd.fujixerox.docuworks", "xdw"),
        ("application/vnd.fujixerox.docuworks.binder", "xbd"),
        ("application/vnd.fujixerox.docuworks.container", "xct"),
        ("application/vnd.apple.iwork", "pages numbers"),
    ),
    *_known(
        Family.ARCHIVE,
        ("application/zip", "zip zipx"),
        ("application/x-7z-compressed", "7z"),
        ("application/vnd.rar", "rar"),
        ("application/x-tar", "tar"),
        ("application/gzip", "gz tgz emz wmz"),
        ("application/x-bzip2", "bz2 tbz tbz2 bz"),
        ("application/x-xz", "xz txz"),
        ("application/x-lzma", "lzma tlz"),
        ("application/x-lzip", "lz"),
        ("application/zstd", "zst tzst"),
        ("application/x-lz4", "lz4"),
        ("application/x-compress", "z taz"),
        ("application/x-lzh-compressed", "lzh lha"),
        ("application/vnd.ms-cab-compressed", "cab"),
        ("application/x-arj", "arj"),
        ("application/x-cpio", "cpio"),
        ("application/x-stuffit", "sit sitx"),
    ),
    *_known(
        Family.MAIL,
        ("message/rfc822", "eml mail"),
        ("multipart/related", "mht mhtml"),
        ("application/vnd.ms-outlook", "msg oft"),
        ("application/vnd.ms-tnef", "tnef"),
        ("text/calendar", "ics ical vcs"),
        ("text/vcard", "vcf vcard"),
    ),
    *_known(
        Family.MARKUP,
        ("text/html", "html htm xhtml xht shtml stm"),
        ("application/xml", "xml xsl xslt xsd rng xtx kml gpx"),
        ("text/css", "css"),
    ),
    *_known(
        Family.TEXT,
        ("text/plain", "txt text log"),
        ("text/csv", "csv"),
        ("text/tab-separated-values", "tsv tab"),
        ("application/json", "json geojson"),
        ("text/markdown", "md markdown"),
    ),
    *_known(
        Family.DRAWING,
        ("image/vnd.dxf", "dxf"),
        ("image/vnd.dwg", "dwg dwt"),
        ("application/x-jww", "jww jwc"),
        ("application/x-sxf", "sfc sfz"),
        ("model/step", "p21 p2z stp step"),
    ),
    *_known(
        Family.DATA,
        ("application/vnd.sqlite3", "sqlite db sqlite3"),
        ("application/vnd.google-earth.kmz", "kmz"),
    ),
)

FAMILIES: Final[Mapping[str, Family]] = MappingProxyType({known.media_type: known.family for known in KNOWN})
EXTENSIONS: Final[Mapping[str, Known]] = MappingProxyType({e: known for known in KNOWN for e in known.extensions})
OWN_EXTENSIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({k.media_type: k.extensions for k in KNOWN})
KNOWN_EXTENSIONS: Final = frozenset(EXTENSIONS)


# Types whose bytes are letters: text, and documents written in XML.
MADE_OF_TEXT: Final = frozenset(
    {k.media_type for k in KNOWN if k.family in (Family.TEXT, Family.MARKUP)}
    | {"message/rfc822", "multipart/related", "text/calendar", "text/vcard", "image/svg+xml", "image/vnd.dxf"}
    | {"application/x-sxf", "model/step", "application/vnd.ms-wordml", "application/vnd.ms-spreadsheetml"}
    | {k.media_type for k in KNOWN if k.media_type.endswith(("-flat-xml", "flat-opc+xml"))}
)


@dataclass(frozen=True, slots=True)
class Signature:
    """Bytes that a type has at fixed places. `is` is a media type, or the BLK row that refuses the type."""

    magic: bytes
    means: str
    at: int = 0
    also: tuple[int, bytes] | None = None  # a second place, where the first says too little
    binary: bool = False  # the magic reads like text: it counts only in bytes that are no text


SIGNATURES: Final[tuple[Signature, ...]] = (
    Signature(b"\xff\xd8\xff", "image/jpeg"),
    Signature(b"\x89PNG\r\n\x1a\n", "image/png"),
    Signature(b"GIF87a", "image/gif"),
    Signature(b"GIF89a", "image/gif"),
    Signature(b"RIFF", "image/webp", also=(8, b"WEBP")),
    Signature(b"II*\0", "image/tiff"),
    Signature(b"MM\0*", "image/tiff"),
    Signature(b"II+\0", "image/tiff"),
    Signature(b"MM\0+", "image/tiff"),
    Signature(b"\0\0\x01\0", "image/vnd.microsoft.icon", also=(5, b"\0")),
    Signature(b"\0\0\x02\0", "image/vnd.microsoft.icon", also=(5, b"\0")),
    Signature(b"\x01\0\0\0", "image/emf", also=(40, b" EMF")),
    Signature(b"\xd7\xcd\xc6\x9a", "image/wmf"),
    Signature(b"\x01\0\x09\0\0\x03", "image/wmf"),
    Signature(b"\x01\0\x09\0\0\x01", "image/wmf"),
    Signature(b"\x02\0\x09\0\0\x03", "image/wmf"),
    Signature(b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    Signature(b"\xff\x4f\xff\x51", "image/jp2"),
    Signature(b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    Signature(b"\xff\x0a", "image/jxl", binary=True),
    Signature(b"II\xbc\x01", "image/vnd.ms-photo"),
    Signature(b"8BPS\0", "image/vnd.adobe.photoshop"),
    Signature(b"AT&TFORM", "image/vnd.djvu"),
    Signature(b"v/1\x01", "image/x-exr"),
    *(Signature(b"P%d" % n, "image/x-portable-anymap", binary=True) for n in range(1, 8)),
    Signature(b"BM", "image/bmp", also=(15, b"\0\0\0")),
    Signature(b"RIFF", "IMG-30", also=(8, b"ACON")),  # a cursor that moves
    Signature(b"RIFF", "video/x-msvideo", also=(8, b"AVI ")),
    Signature(b"RIFF", "audio/wav", also=(8, b"WAVE")),
    Signature(b"RF64", "audio/wav", also=(8, b"WAVE")),
    Signature(b"FORM", "audio/aiff", also=(8, b"AIF")),
    Signature(b"ID3", "audio/mpeg", binary=True),
    Signature(b"OggS\0", "application/ogg"),
    Signature(b"fLaC\0", "audio/flac"),
    Signature(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    Signature(b"FLV\x01", "video/x-flv"),
    Signature(b"MThd\0\0\0\x06", "audio/midi"),
    Signature(b"#!AMR", "audio/amr"),
    Signature(b".snd\0", "audio/basic"),
    Signature(b"\0\0\x01\xba", "video/mpeg"),
    Signature(b"\0\0\x01\xb3", "video/mpeg"),
    Signature(b"\x47", "video/mp2t", also=(188, b"\x47"), binary=True),
    Signature(b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    Signature(b"Rar!\x1a\x07", "application/vnd.rar"),
    Signature(b"RE\x7e\x5e", "application/vnd.rar"),
    Signature(b"\x1f\x8b\x08", "application/gzip"),
    Signature(b"BZh", "application/x-bzip2", also=(4, b"1AY&SY")),
    Signature(b"BZh", "application/x-bzip2", also=(4, b"\x17\x72\x45\x38\x50\x90")),
    Signature(b"\xfd7zXZ\0", "application/x-xz"),
    Signature(b"\x5d\0\0", "application/x-lzma", also=(12, b"\xff")),
    Signature(b"LZIP\x01", "application/x-lzip"),
    Signature(b"\x28\xb5\x2f\xfd", "application/zstd"),
    Signature(b"\x04\x22\x4d\x18", "application/x-lz4"),
    Signature(b"\x1f\x9d", "application/x-compress"),
    Signature(b"\x1f\xa0", "application/x-compress"),
    Signature(b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    Signature(b"ISc(", "application/vnd.ms-cab-compressed"),
    Signature(b"\x60\xea", "application/x-arj", binary=True),
    Signature(b"ustar", "application/x-tar", at=257),
    Signature(b"070701", "application/x-cpio", also=(6, b"0")),
    Signature(b"\xc7\x71", "application/x-cpio"),
    Signature(b"SIT!", "application/x-stuffit", also=(10, b"rLau")),
    Signature(b"StuffIt ", "application/x-stuffit", binary=True),
    Signature(b"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
    Signature(b"{\\rt", "application/rtf"),
    Signature(b"\x09\x08\x10\0\0\x06\x05\0", "application/vnd.ms-excel"),
    Signature(b"\x09\x08\x08\0\0\x05\x05\0", "application/vnd.ms-excel"),
    Signature(b"\x09\x04\x06\0", "application/vnd.ms-excel"),
    Signature(b"\x09\x02\x06\0", "application/vnd.ms-excel"),
    Signature(b"\x09\0\x04\0", "application/vnd.ms-excel"),
    Signature(b"\xdb\xa5\x2d\0", "application/msword"),
    Signature(b"HWP Document File V", "application/x-hwp"),
    Signature(b"DOC\0\0\0\0\0", "application/x-js-taro"),
    Signature(b"AC10", "image/vnd.dwg", binary=True),
    Signature(b"AutoCAD Binary DXF\r\n\x1a", "image/vnd.dxf"),
    Signature(b"JwwData.", "application/x-jww", binary=True),
    Signature(b"SQLite format 3\0", "application/vnd.sqlite3"),
    # Refused on sight.
    Signature(b"MZ", "BLK-01", binary=True),
    Signature(b"ZM", "BLK-01", also=(3, b"\0"), binary=True),
    Signature(b"X5O!P%@AP[4", "BLK-01"),  # a program in letters: the anti-virus test file
    Signature(b"L\0\0\0\x01\x14\x02\0", "BLK-04"),
    Signature(b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "BLK-08"),
    Signature(b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c", "BLK-08"),
    Signature(b"ITSF\x03", "BLK-09"),
    Signature(b"ITSF\x02", "BLK-09"),
    Signature(b"ITOLITLS", "BLK-09"),
    Signature(b"\x3f\x5f\x03\0", "BLK-09"),
    Signature(b"Standard Jet DB", "BLK-13", at=4),
    Signature(b"Standard ACE DB", "BLK-13", at=4),
    Signature(b"\xca\xfe\xba\xbe", "BLK-15"),
    Signature(b"\xca\xfe\xd0\x0d", "BLK-15"),
    Signature(b"\xac\xed\0\x05", "BLK-15"),
    Signature(b"conectix", "BLK-16"),
    Signature(b"vhdxfile", "BLK-16"),
    Signature(b"MSWIM\0\0\0", "BLK-16"),
    Signature(b"KDMV", "BLK-16", binary=True),
    Signature(b"QFI\xfb", "BLK-16"),
    Signature(b"CD001", "BLK-16", at=0x8001),
    Signature(b"BEA01", "BLK-16", at=0x8001),
    Signature(b"NSR0", "BLK-16", at=0x8001),
    Signature(b"\x55\xaa", "BLK-16", at=510, also=(0, b"\xeb"), binary=True),
    Signature(b"\x55\xaa", "BLK-16", at=510, also=(0, b"\x33\xc0"), binary=True),
    Signature(b"hsqs", "BLK-16", binary=True),
    Signature(b"\x7fELF", "BLK-23"),
    Signature(b"\xfe\xed\xfa\xce", "BLK-23"),
    Signature(b"\xfe\xed\xfa\xcf", "BLK-23"),
    Signature(b"\xce\xfa\xed\xfe", "BLK-23"),
    Signature(b"\xcf\xfa\xed\xfe", "BLK-23"),
    Signature(b"!<arch>\n", "BLK-24"),
    Signature(b"\xed\xab\xee\xdb", "BLK-24"),
    Signature(b"Cr24", "BLK-24", binary=True),
    Signature(b"dex\n035\0", "BLK-24"),
    Signature(b"dex\n03", "BLK-24", binary=True),
    Signature(b"xar!", "BLK-24", binary=True),
    Signature(b"%!PS", "BLK-31"),
    Signature(b"\x04%!PS", "BLK-31"),
    Signature(b"\xc5\xd0\xd3\xc6", "BLK-31"),
    Signature(b"\x1b%-12345X", "BLK-31"),
    Signature(b"FWS", "BLK-33", binary=True),
    Signature(b"CWS", "BLK-33", also=(8, b"\x78"), binary=True),
    Signature(b"ZWS", "BLK-33", binary=True),
    Signature(b"d8:announce", "BLK-34"),
    Signature(b"d13:announce-list", "BLK-34"),
    Signature(b"d10:created by", "BLK-34"),
    Signature(b"d7:comment", "BLK-34", binary=True),
    Signature(b"\0\0\x02\0\x06\x04", "BLK-35"),
    Signature(b"\0\0\x02\0\x04\x04", "BLK-35"),
    Signature(b"\0\0\x1a\0\0\x10\x04\0", "BLK-35"),
    Signature(b"\0\0\x1a\0\x02\x10\x04\0", "BLK-35"),
    Signature(b"\xffWPC", "BLK-35"),
    Signature(b"\x31\xbe\0\0\0\xab", "BLK-35"),
    Signature(b"\x32\xbe\0\0\0\xab", "BLK-35"),
    Signature(b"\x01\xfe", "BLK-35", also=(112, b"\x01\0"), binary=True),
    Signature(b".pfile", "BLK-37", binary=True),
    Signature(b"\x76\xe8\x04\x60\xc4\x11\xe3\x86", "BLK-37"),
    Signature(b"!BDN", "BLK-38", binary=True),
    Signature(b"\xcf\xad\x12\xfe", "BLK-38"),
    Signature(b"\0\x01\0\0\0", "BLK-39", also=(8, b"\0")),
    Signature(b"OTTO\0", "BLK-39"),
    Signature(b"ttcf\0", "BLK-39"),
    Signature(b"true\0", "BLK-39"),
    Signature(b"wOFF\0\x01\0\0", "BLK-39"),
    Signature(b"wOFFOTTO", "BLK-39"),
    Signature(b"wOFFtrue", "BLK-39"),
    Signature(b"wOF2", "BLK-39", binary=True),
    Signature(b"\x80\x01", "BLK-39", also=(6, b"%!")),
    Signature(b"LP", "BLK-39", at=34, binary=True),
    Signature(b"**ACE**", "ARC-11", at=7),
)

# Root storage of a compound file -> what it is. Names of streams and storages; the first row that is there decides.
OLE_STREAMS: Final[tuple[tuple[str, str], ...]] = (
    ("\tDRMContent", "BLK-37"),
    ("EncryptedPackage", "application/vnd.ms-office.encrypted-package"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("PP40", "application/vnd.ms-powerpoint"),
    ("PP97_DUALSTORAGE", "application/vnd.ms-powerpoint"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("__nameid_version1.0", "application/vnd.ms-outlook"),
    ("VisioDocument", "BLK-14"),
    ("Quill", "BLK-14"),
    ("\x05HwpSummaryInformation", "application/x-hwp"),
    ("BodyText", "application/x-hwp"),
    ("DocumentText", "application/x-js-taro"),
    ("MatOST", "BLK-35"),
    ("MN0", "BLK-35"),
    ("PerfectOffice_MAIN", "BLK-35"),
    ("NativeContent_MAIN", "BLK-35"),
    ("SolutionConfiguration", "BLK-25"),
)

# Class identifiers of the root storage, as they lie in the file.
OLE_CLASSES: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        bytes.fromhex("84100c0000000000c000000000000046"): "BLK-02",  # Windows Installer package
        bytes.fromhex("82100c0000000000c000000000000046"): "BLK-02",  # transform
        bytes.fromhex("86100c0000000000c000000000000046"): "BLK-02",  # patch
        bytes.fromhex("0112020000000000c000000000000046"): "BLK-14",  # Publisher
        bytes.fromhex("3a8fb774c8c8d111be1100c04fb6faf1"): "BLK-14",  # Project
        bytes.fromhex("0067615654c1ce11855300aa00a1f95b"): "image/vnd.fpx",  # FlashPix
    }
)

# Main part's content type in [Content_Types].xml -> type of the package. Lower case.
PACKAGE_TYPES: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        **{
            f"{OOXML}{part}.main+xml".lower().encode(): OOXML + part
            for part in (
                "wordprocessingml.document",
                "wordprocessingml.template",
                "spreadsheetml.sheet",
                "spreadsheetml.template",
                "presentationml.presentation",
                "presentationml.template",
                "presentationml.slideshow",
            )
        },
        **{
            f"application/vnd.{part}.main+xml".lower().encode(): f"application/vnd.{part}.12"
            for part in (
                "ms-excel.sheet.macroEnabled",
                "ms-excel.template.macroEnabled",
                "ms-excel.addin.macroEnabled",
                "ms-powerpoint.presentation.macroEnabled",
                "ms-powerpoint.template.macroEnabled",
                "ms-powerpoint.slideshow.macroEnabled",
                "ms-powerpoint.addin.macroEnabled",
            )
        },
        b"application/vnd.ms-word.document.macroenabled.main+xml": "application/vnd.ms-word.document.macroEnabled.12",
        b"application/vnd.ms-word.template.macroenabledtemplate.main+xml": (
            "application/vnd.ms-word.template.macroEnabled.12"
        ),
        b"application/vnd.ms-excel.sheet.binary.macroenabled.main": (
            "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
        ),
        b"application/vnd.ms-visio.drawing.main+xml": "BLK-14",
        b"application/vnd.ms-visio.drawing.macroenabled.main+xml": "BLK-14",
        b"application/vnd.ms-visio.stencil.main+xml": "BLK-14",
        b"application/vnd.ms-visio.template.main+xml": "BLK-14",
        b"application/vnd.ms-package.xps-fixeddocument+xml": "BLK-32",
        b"application/vnd.ms-package.xps-fixeddocumentsequence+xml": "BLK-32",
    }
)

# Members whose presence says that a ZIP is something else (ARC-25). Regular expressions over the whole member name.
ZIP_MARKS: Final[tuple[tuple[str, str], ...]] = (
    (r"AndroidManifest\.xml|classes\d*\.dex", "BLK-24"),
    (r"AppxManifest\.xml|AppxMetadata/.*", "BLK-02"),
    (r"META-INF/mozilla\.rsa|install\.rdf", "BLK-24"),
    (r"extension\.vsixmanifest", "BLK-24"),
    (r"[^/]+\.nuspec", "BLK-24"),
    (r"[^/]+\.dist-info/WHEEL|EGG-INFO/PKG-INFO", "BLK-24"),
    (r"Payload/[^/]+\.app/.*", "BLK-24"),
    (r"AppManifest\.xaml", "BLK-33"),
    (r"gadget\.xml", "BLK-30"),
    (r"Index/Document\.iwa|index\.apxl", "application/vnd.apple.iwork"),
    (r"doc\.kml", "application/vnd.google-earth.kmz"),
)

# `mimetype` member -> type, where it is not the text itself.
SUN_TYPES: Final = b"application/vnd.sun.xml."

# Brands of ISO base media files (ftyp). The first brand that is listed decides.
BRANDS: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        **dict.fromkeys((b"avif", b"avis"), "image/avif"),
        **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "image/heic"),
        **dict.fromkeys((b"M4A ", b"M4B "), "audio/mp4"),
        b"qt  ": "video/quicktime",
        **dict.fromkeys((b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3g2a"), "video/3gpp"),
    }
)

# How texts begin that programs open as something else, whatever the name says: Word looks for RTF in a .txt.
TEXT_OPENINGS: Final[tuple[tuple[str, str], ...]] = (
    (r".{0,1024}%PDF-\d", "application/pdf"),
    (r"\s*\{\\rt", "application/rtf"),
    (r"\s*\x04?%!PS", "BLK-31"),
    (r"\s*#! ?/", "BLK-21"),
)

# How a page of the web begins. A table that does is a login or error page that was saved in the table's place.
PAGE_OPENING: Final = r"\s*(?:<!--.{0,1024}?-->\s*)?<(?:!doctype\s+html|html|head|body|script|meta)[\s>]"

# Text that something would run or follow when its name lets it: its start in lower case, BLK row.
ACTIVE_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"#!/", "BLK-21"),
    (b"#! /", "BLK-21"),
    (b"windows registry editor version", "BLK-17"),
    (b"regedit4", "BLK-17"),
    (b"[internetshortcut]", "BLK-05"),
    (b"[shell]\r\ncommand", "BLK-06"),
    (b"[shell]\ncommand", "BLK-06"),
    (b"[.shellclassinfo]", "BLK-06"),
    (b"[desktop entry]", "BLK-21"),
    (b"<?php", "BLK-22"),
    (b"<%@ page", "BLK-22"),
    (b"id;p", "BLK-11"),
    (b"<jnlp", "BLK-15"),
    (b"<job", "BLK-03"),
    (b"<scriptlet", "BLK-03"),
    (b"<package><job", "BLK-03"),
    (b"-----begin rsa private key", "BLK-28"),
    (b"-----begin private key", "BLK-28"),
    (b"-----begin encrypted private key", "BLK-28"),
    (b"-----begin openssh private key", "BLK-28"),
)

# What the head of a text that starts with < may hold: words in lower case, type or BLK row. The first row decides.
MARKUP_WORDS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"<hta:application", "BLK-03"),
    (b"<jnlp", "BLK-15"),
    (b"<librarydescription", "BLK-06"),
    (b"<persistedquery", "BLK-06"),
    (b"<searchconnectordescription", "BLK-06"),
    (b"<pcsettings", "BLK-07"),
    (b"<mmc_consolefile", "BLK-17"),
    (b"urn:schemas-microsoft-com:asm.v1", "BLK-19"),
    (b"<configuration><wsb", "BLK-27"),
    (b"urn:schemas-microsoft-com:office:spreadsheet", "application/vnd.ms-spreadsheetml"),
    (b"schemas.microsoft.com/office/word/2003/wordml", "application/vnd.ms-wordml"),
    (b"schemas.microsoft.com/office/2006/xmlpackage", "application/vnd.ms-office.flat-opc+xml"),
    (b'mimetype="application/vnd.oasis.opendocument.text', ODF + "text-flat-xml"),
    (b'mimetype="application/vnd.oasis.opendocument.spreadsheet', ODF + "spreadsheet-flat-xml"),
    (b'mimetype="application/vnd.oasis.opendocument.presentation', ODF + "presentation-flat-xml"),
    (b'mimetype="application/vnd.oasis.opendocument.graphics', ODF + "graphics-flat-xml"),
    (b"<office:document", ODF + "text-flat-xml"),
    (b"<html", "text/html"),
    (b"<!doctype html", "text/html"),
    (b"<svg", "image/svg+xml"),
    (b"<body", "text/html"),
    (b"<script", "text/html"),
    (b"<table", "text/html"),
    (b":svg ", "image/svg+xml"),  # <s:svg xmlns:s=...
    (b":svg\n", "image/svg+xml"),
)

# Words at the very start of other formats made of text.
TEXT_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"begin:vcalendar", "text/calendar"),
    (b"begin:vcard", "text/vcard"),
    (b"iso-10303-21;", "model/step"),
)

# What libmagic calls programs and their like -> BLK row. It may only lower trust: other opinions of it are ignored.
DANGEROUS_OPINIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "application/x-dosexec": "BLK-01",
        "application/vnd.microsoft.portable-executable": "BLK-01",
        "application/x-msdownload": "BLK-01",
        "application/x-msi": "BLK-02",
        "application/x-ms-shortcut": "BLK-04",
        "application/vnd.ms-htmlhelp": "BLK-09",
        "application/winhelp": "BLK-09",
        "application/x-msaccess": "BLK-13",
        "application/x-java-applet": "BLK-15",
        "application/java-archive": "BLK-15",
        "application/x-iso9660-image": "BLK-16",
        "application/x-apple-diskimage": "BLK-16",
        "application/x-qemu-disk": "BLK-16",
        "application/x-virtualbox-vhd": "BLK-16",
        "application/x-executable": "BLK-23",
        "application/x-pie-executable": "BLK-23",
        "application/x-sharedlib": "BLK-23",
        "application/x-object": "BLK-23",
        "application/x-coredump": "BLK-23",
        "application/x-mach-binary": "BLK-23",
        "application/vnd.debian.binary-package": "BLK-24",
        "application/x-rpm": "BLK-24",
        "application/vnd.android.package-archive": "BLK-24",
        "application/x-shockwave-flash": "BLK-33",
    }
)
