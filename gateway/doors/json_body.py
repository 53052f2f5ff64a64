"""A request's JSON, small and flat: these keys, these shapes, nothing else."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from gateway.doors.http import Visit
from gateway.doors.upload import Deadline
from gateway.problems import Problem

_MAX_BYTES: Final = 1024

Shapes = Mapping[str, Callable[[Any], bool]]


def whole(least: int, most: int) -> Callable[[Any], bool]:
    """A whole number between two."""
    return lambda value: type(value) is int and least <= value <= most


def text(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    """A text of this form."""
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def is_name(value: Any) -> bool:
    """A name, to be looked up."""
    return isinstance(value, str)


async def read_json(visit: Visit, shapes: Shapes, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """The request's values. Raises Problem for any key too many, too few or of another shape."""
    body = b""
    async with Deadline(visit.hall.pace) as deadline:
        while chunk := await visit.request.content.readany():
            body += chunk
            if len(body) > _MAX_BYTES:
                raise Problem("bad-request", "JSON")
            deadline.moved(len(body))
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Problem("bad-request", "JSON") from None
    if not isinstance(asked, dict) or set(asked) - set(shapes) or set(shapes) - set(asked) - set(optional):
        raise Problem("bad-request", f"JSON: {' '.join(shapes)}")
    for key, value in asked.items():
        if not shapes[key](value):
            raise Problem("bad-request", f"JSON: {key}")
    return asked
