"""Names of WordprocessingML in Clark notation. Data only."""

from typing import Final

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14: Final = "{http://schemas.microsoft.com/office/word/2010/wordml}"
W15: Final = "{http://schemas.microsoft.com/office/word/2012/wordml}"
R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
V: Final = "{urn:schemas-microsoft-com:vml}"
O: Final = "{urn:schemas-microsoft-com:office:office}"  # noqa: E741  # the prefix that everybody writes
XML_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"


def w(*names: str) -> tuple[str, ...]:
    """Names of the main namespace."""
    return tuple(W + name for name in names)
