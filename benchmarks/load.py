"""Files to measure with, made from the demonstration's real pictures. The same bytes every time.

`photo12.jpg` is 12 MP with the texture of a camera picture (upscaled, then sharpened) and an EXIF block with position
and a maker note; `screen.png` is a desktop of text windows around a photo.
"""

import io
import random
import zipfile
from functools import cache
from importlib import resources
from typing import Final

from PIL import Image, ImageFilter

_SAMPLES: Final = resources.files("gateway.demo").joinpath("samples")


def _sample(name: str) -> Image.Image:
    with _SAMPLES.joinpath(name).open("rb") as file:
        return Image.open(file).convert("RGB")


def _textured(width: int, height: int) -> Image.Image:
    """A picture as busy as a phone's: real shapes, and sensor noise that is the same every time."""
    picture = (
        _sample("photo-court.jpg")
        .resize((width, height), Image.Resampling.LANCZOS)
        .filter(ImageFilter.UnsharpMask(3, 120))
    )
    noise = Image.frombytes("L", (512, 512), random.Random(7).randbytes(512 * 512)).filter(ImageFilter.GaussianBlur(1))
    sheet = Image.new("L", (width, height))
    for top in range(0, height, 512):
        for left in range(0, width, 512):
            sheet.paste(noise, (left, top))
    return Image.blend(picture, sheet.convert("RGB"), 0.22)


def _photo(width: int, height: int, quality: int, progressive: bool = False) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Maker", "Model", 1
    exif.get_ifd(0x8825).update({1: "N", 2: (35.0, 41.0, 22.0), 3: "E", 4: (139.0, 41.0, 30.0)})
    exif.get_ifd(0x8769)[0x927C] = random.Random(1).randbytes(8000)
    out = io.BytesIO()
    _textured(width, height).save(
        out, "JPEG", quality=quality, subsampling=2, exif=exif.tobytes(), progressive=progressive
    )
    return out.getvalue()


def _screen() -> bytes:
    sheet = Image.new("RGB", (1920, 1080), (236, 239, 243))
    window = _sample("screenshot.png")
    for place in ((20, 30), (470, 300), (900, 620)):
        sheet.paste(window, place)
    sheet.paste(_textured(620, 460), (1260, 60))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def _table(rows: int) -> bytes:
    lines = ["番号,氏名,住所,金額,備考"]
    lines += [
        f'{n},山田　太郎{n},"髙橋町{n % 90}－{n % 7}",{(n * 7919) % 100000 - 50000},①特になし' for n in range(rows)
    ]
    return ("\r\n".join(lines) + "\r\n").encode("cp932")


def _archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"photo{number}.jpg", load("photo_small.jpg"))
            archive.writestr(f"table{number}.csv", _table(500 + number))
            archive.writestr(f"note{number}.txt", f"お知らせ {number}\r\n" * 400)
    return out.getvalue()


def photo12() -> Image.Image:
    """The picture of `photo12.jpg`."""
    return _textured(4032, 3024)


_MAKERS: Final = {
    "photo12.jpg": lambda: _photo(4032, 3024, 88),
    "photo12_prog.jpg": lambda: _photo(4032, 3024, 88, progressive=True),
    "photo_small.jpg": lambda: _photo(1024, 768, 75),
    "screen.png": _screen,
    "text37k.txt": lambda: ("災害対策本部からのお知らせ　髙橋町①\r\n" * 1000).encode("cp932")[:37_000],
    "table20k.csv": lambda: _table(20_000),
    "mixed12.zip": _archive,
}
NAMES: Final = tuple(_MAKERS)


@cache
def load(name: str) -> bytes:
    """The bytes of one of NAMES."""
    return _MAKERS[name]()
