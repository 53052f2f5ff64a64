"""The light kit: the sanitizers of pictures and plain text, in reading order, with nothing loaded beside them.

Most files are of these types, and a process without the libraries for documents costs half as much to fork.
"""

from typing import Any, Final

from sanitizers.formats.bmp import BMP
from sanitizers.formats.csv import CSV
from sanitizers.formats.gif import GIF
from sanitizers.formats.heif import HEIF
from sanitizers.formats.ico import ICO
from sanitizers.formats.jp2 import JP2
from sanitizers.formats.jpeg import JPEG
from sanitizers.formats.png import PNG
from sanitizers.formats.text import TEXT
from sanitizers.formats.tiff import TIFF
from sanitizers.formats.webp import WEBP
from sanitizers.sanitizer import Sanitizer
from sanitizers.steps import Pipeline, by_type

PICTURES: Final[tuple[Sanitizer[Any, Any], ...]] = (JPEG, PNG, GIF, WEBP, BMP, TIFF, HEIF, JP2, ICO)
TEXTS: Final[tuple[Sanitizer[Any, Any], ...]] = (TEXT, CSV)

sanitize: Final = Pipeline(by_type((*PICTURES, *TEXTS)), is_whole=False).sanitize
