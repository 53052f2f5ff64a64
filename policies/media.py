"""Media types, their extensions and their names in plain words. A table; nothing else decides an extension."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class MediaType:
    """One type of file. Its first extension is the canonical one, given where the claimed one does not fit."""

    name: str  # "image/jpeg"
    extensions: tuple[str, ...]  # lower case, without a dot
    title: str
    title_ja: str


MEDIA_TYPES: Final[dict[str, MediaType]] = {
    kind.name: kind
    for kind in (
        MediaType("image/jpeg", ("jpg", "jpeg", "jpe", "jfif"), "JPEG picture", "JPEG画像"),
        MediaType("image/png", ("png", "apng"), "PNG picture", "PNG画像"),
        MediaType("image/gif", ("gif",), "GIF picture", "GIF画像"),
        MediaType("image/webp", ("webp",), "WebP picture", "WebP画像"),
        MediaType("image/bmp", ("bmp", "dib"), "BMP picture", "BMP画像"),
        MediaType("image/tiff", ("tif", "tiff"), "TIFF picture", "TIFF画像"),
        MediaType("image/heic", ("heic", "heif", "hif", "heics", "heifs"), "HEIC picture", "HEIC画像"),
        MediaType("image/avif", ("avif", "avifs"), "AVIF picture", "AVIF画像"),
        MediaType("image/jp2", ("jp2", "j2k", "jpf", "jpx", "j2c", "jpc"), "JPEG 2000 picture", "JPEG 2000画像"),
        MediaType("image/vnd.microsoft.icon", ("ico", "cur"), "icon or cursor", "アイコン・カーソル"),
        MediaType("image/svg+xml", ("svg",), "SVG drawing", "SVG図形"),
        MediaType("image/emf", ("emf",), "EMF drawing", "EMF図形"),
        MediaType("image/wmf", ("wmf",), "WMF drawing", "WMF図形"),
        MediaType("text/plain", ("txt", "text", "log"), "plain text", "テキスト"),
        MediaType("text/csv", ("csv",), "CSV table", "CSV"),
        MediaType("text/tab-separated-values", ("tsv", "tab"), "TSV table", "TSV"),
        MediaType("application/zip", ("zip",), "ZIP archive", "ZIPアーカイブ"),
    )
}


def canonical_extension(media_type: str) -> str:
    """The extension a released file of this type gets when its own does not fit. Raises KeyError."""
    return MEDIA_TYPES[media_type].extensions[0]


def fits(media_type: str, extension: str) -> bool:
    """Whether a file of this type may keep this extension (any letter case, without a dot)."""
    kind = MEDIA_TYPES.get(media_type)
    return kind is not None and extension.lower() in kind.extensions
