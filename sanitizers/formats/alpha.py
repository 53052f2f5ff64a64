"""Alpha of pictures in memory: colours that it hides (IMG-38), and whether there is any."""

from PIL import Image


def is_opaque(image: Image.Image) -> bool:
    """Whether no pixel of an RGBA picture lets anything through."""
    return image.getchannel("A").getextrema() == (255, 255)


def without_hidden_colours(image: Image.Image) -> Image.Image | None:
    """An RGBA picture with black under zero alpha; None when it is so already."""
    cleared = image.copy()
    cleared.paste(0, mask=image.getchannel("A").point([255] + [0] * 255))
    return None if cleared.tobytes() == image.tobytes() else cleared
