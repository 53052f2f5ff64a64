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
        MediaType(
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ("docx",),
            "Word document",
            "Word文書",
        ),
        MediaType(
            "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
            ("dotx",),
            "Word template",
            "Wordテンプレート",
        ),
        MediaType(
            "application/vnd.ms-word.document.macroEnabled.12",
            ("docm",),
            "Word document with macros",
            "Wordマクロ有効文書",
        ),
        MediaType(
            "application/vnd.ms-word.template.macroEnabled.12",
            ("dotm",),
            "Word template with macros",
            "Wordマクロ有効テンプレート",
        ),
        MediaType(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ("xlsx",),
            "Excel workbook",
            "Excelブック",
        ),
        MediaType(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
            ("xltx",),
            "Excel template",
            "Excelテンプレート",
        ),
        MediaType(
            "application/vnd.ms-excel.sheet.macroEnabled.12",
            ("xlsm",),
            "Excel workbook with macros",
            "Excelマクロ有効ブック",
        ),
        MediaType(
            "application/vnd.ms-excel.template.macroEnabled.12",
            ("xltm",),
            "Excel template with macros",
            "Excelマクロ有効テンプレート",
        ),
        MediaType("application/vnd.ms-excel.addin.macroEnabled.12", ("xlam",), "Excel add-in", "Excelアドイン"),
        MediaType(
            "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
            ("xlsb",),
            "Excel binary workbook",
            "Excelバイナリブック",
        ),
        MediaType(
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            ("pptx",),
            "PowerPoint presentation",
            "PowerPointプレゼンテーション",
        ),
        MediaType(
            "application/vnd.openxmlformats-officedocument.presentationml.template",
            ("potx",),
            "PowerPoint template",
            "PowerPointテンプレート",
        ),
        MediaType(
            "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
            ("ppsx",),
            "PowerPoint slide show",
            "PowerPointスライドショー",
        ),
        MediaType(
            "application/vnd.ms-powerpoint.presentation.macroEnabled.12",
            ("pptm",),
            "PowerPoint presentation with macros",
            "PowerPointマクロ有効プレゼンテーション",
        ),
        MediaType(
            "application/vnd.ms-powerpoint.template.macroEnabled.12",
            ("potm",),
            "PowerPoint template with macros",
            "PowerPointマクロ有効テンプレート",
        ),
        MediaType(
            "application/vnd.ms-powerpoint.slideshow.macroEnabled.12",
            ("ppsm",),
            "PowerPoint slide show with macros",
            "PowerPointマクロ有効スライドショー",
        ),
        MediaType(
            "application/vnd.ms-powerpoint.addin.macroEnabled.12", ("ppam",), "PowerPoint add-in", "PowerPointアドイン"
        ),
        MediaType("application/pdf", ("pdf",), "PDF document", "PDF文書"),
        MediaType(
            "application/vnd.ms-office.encrypted-package",
            (
                "docx",
                "docm",
                "dotx",
                "dotm",
                "xlsx",
                "xlsm",
                "xltx",
                "xltm",
                "xlsb",
                "pptx",
                "pptm",
                "potx",
                "potm",
                "ppsx",
                "ppsm",
            ),
            "Office document behind a password",
            "パスワード付きOffice文書",
        ),
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
