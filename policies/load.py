"""TOML to Policy, every mistake named with file, key, line and what was expected. Knows no format.

A policy says only what differs from the vectors' own defaults:

    name    = "strict"
    admit   = ["image/*", "text/plain"]      # every other type is blocked
    limits  = { max_input_bytes = 52_428_800 }
    rebuild = "full"
    authors = "pseudonym"                    # names in documents: keep, pseudonym or remove
    actions.PDF-07 = "block"                 # one vector
    actions.IMG    = "remove"                # each vector of a family that is milder than this
"""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NoReturn

from policies.catalogue import CATALOGUE
from policies.media import MEDIA_TYPES
from policies.model import Limits, Policy
from policies.terms import Action, Authors, Rebuild
from policies.toml_lines import line_of

PRESETS: Final = ("default", "strict", "guest", "outbound", "evidence")
_KEYS: Final = ("name", "admit", "limits", "actions", "rebuild", "authors")
_FAMILIES: Final = frozenset(vector.family for vector in CATALOGUE.values())
_BOUNDS: Final = {"max_dots_per_inch": (72, 600)}  # below, nobody can read it; beyond, it is no sharper
_LIMITS: Final = tuple(item.name for item in fields(Limits))


class PolicyError(ValueError):
    """The operator's mistake in a policy: file, line, key and what was expected. The service does not start."""

    def __init__(self, file: str, line: int | None, key: str, expected: str) -> None:
        self.file, self.line, self.key, self.expected = file, line, key, expected
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {key}: {expected}" if key else f"{place}: {expected}")


def load_policy(name: str) -> Policy:
    """The preset of this name, or the policy in the file of this path. Raises PolicyError."""
    if name in PRESETS:
        return read_policy(
            resources.files("policies").joinpath(f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml"
        )
    try:
        text = Path(name).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PolicyError(name, None, "", "expected UTF-8 text") from error
    except OSError as error:
        presets = ", ".join(PRESETS)
        raise PolicyError(name, None, "", f"cannot be read ({error.strerror}), and is no preset ({presets})") from error
    return read_policy(text, name)


def read_policy(text: str, file: str) -> Policy:
    """The policy that this TOML text writes down. Raises PolicyError, which names `file`."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(file, None, "", f"is not TOML: {error}") from error
    return _Reader(text, file).policy(values)


class _Reader:
    """One policy file while it is read: it knows where each key stands."""

    def __init__(self, text: str, file: str) -> None:
        self._text, self._file = text, file

    def policy(self, values: Mapping[str, Any]) -> Policy:
        for key in values:
            if key not in _KEYS:
                self._wrong(key, f"no such key; expected one of {', '.join(_KEYS)}")
        name = values.get("name")
        if not isinstance(name, str) or not name or not name.isprintable():
            self._wrong("name", "expected the policy's name, a text")
        rebuild = self._chosen(values, "rebuild", Rebuild.FULL, tuple(Rebuild))
        authors = self._chosen(values, "authors", Authors.REMOVE, tuple(Authors))
        return Policy(
            name=name,
            admit=self._admitted(values.get("admit")),
            limits=self._limits(values.get("limits", {})),
            actions=self._actions(values.get("actions", {})),
            rebuild=Rebuild(rebuild),
            authors=Authors(authors),
        )

    def _chosen(self, values: Mapping[str, Any], key: str, default: str, choices: tuple[str, ...]) -> str:
        chosen = values.get(key, default)
        if chosen not in choices:
            self._wrong(key, f"expected one of {', '.join(choices)}")
        return str(chosen)

    def _admitted(self, listed: Any) -> frozenset[str]:
        if not isinstance(listed, list) or not listed:
            self._wrong("admit", 'expected a list of media types, such as ["image/jpeg", "text/*"]')
        admitted: set[str] = set()
        for item in listed:
            found = [name for name in MEDIA_TYPES if isinstance(item, str) and fnmatchcase(name, item)]
            if not found:
                self._wrong(
                    "admit", f"{item!r} is no media type of this version; expected one of {', '.join(MEDIA_TYPES)}"
                )
            admitted.update(found)
        return frozenset(admitted)

    def _limits(self, given: Any) -> Limits:
        if not isinstance(given, dict):
            self._wrong("limits", "expected a table of whole numbers")
        for key, value in given.items():
            if key not in _LIMITS:
                self._wrong(f"limits.{key}", f"no such limit; expected one of {', '.join(_LIMITS)}")
            least, most = _BOUNDS.get(key, (1, None))
            if type(value) is not int or value < least:
                self._wrong(f"limits.{key}", f"expected a whole number of at least {least}")
            if most is not None and value > most:
                self._wrong(f"limits.{key}", f"expected a whole number of at most {most}")
        return Limits(**given)

    def _actions(self, given: Any) -> Mapping[str, Action]:
        if not isinstance(given, dict):
            self._wrong("actions", 'expected entries such as actions.PDF-07 = "block"')
        found: dict[str, Action] = {}
        for family_first in (True, False):  # one vector's own entry wins over its family's
            for key, value in given.items():
                if (key in _FAMILIES) is family_first:
                    found.update(self._action(key, value))
        return MappingProxyType(found)

    def _action(self, key: str, value: Any) -> dict[str, Action]:
        where = f"actions.{key}"
        names = [action.name.lower() for action in Action]
        if value not in names:
            self._wrong(where, f"expected one of {', '.join(names)}")
        action = Action[value.upper()]
        if key in _FAMILIES:
            return {v.id: action for v in CATALOGUE.values() if v.family == key and action > v.default}
        if key not in CATALOGUE:
            self._wrong(where, "no such vector or family; `sekisho vectors` lists them")
        if action < CATALOGUE[key].least:
            least = CATALOGUE[key].least.name.lower()
            self._wrong(where, f"{value} is milder than this vector's floor; expected {least} or stricter")
        return {key: action}

    def _wrong(self, key: str, expected: str) -> NoReturn:
        raise PolicyError(self._file, line_of(self._text, key), key, expected)
