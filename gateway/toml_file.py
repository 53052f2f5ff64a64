"""A configuration file while it is read: dataclasses from its tables, and each mistake named with file, key and line.

The fields of a dataclass are the keys of its table, and their annotations say what may stand there. Paths are relative
to the folder of the file. Knows no configuration: `config_file` and `receiver_config` say what they want of it.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar, get_type_hints
from urllib.parse import SplitResult, urlsplit

from gateway.audit.export import Place, PlaceError, place
from policies.load import PolicyError, load_policy
from policies.model import Policy
from policies.toml_lines import line_of

_HERE: Final = ("127.0.0.1", "::1", "localhost")
NO_KEY: Final[Mapping[str, bool]] = {"no-key": True}  # of a field that is worked out, and that no file may name
_T = TypeVar("_T")


class ConfigError(PolicyError):
    """The operator's mistake: file, line, key and what was expected. The service does not start."""


def read_text(path: str | Path) -> tuple[str, Path]:
    """The text of a configuration file. Raises ConfigError."""
    file = Path(path)
    try:
        return file.read_text(encoding="utf-8"), file
    except UnicodeDecodeError as error:
        raise ConfigError(str(file), None, "", "expected UTF-8 text") from error
    except OSError as error:
        raise ConfigError(str(file), None, "", f"cannot be read ({error.strerror})") from error


class TomlFile:
    """One text, its values, and where each of them stands."""

    def __init__(self, text: str, file: Path) -> None:
        self._text, self._file, self.folder = text, file, file.resolve().parent
        try:
            self.values: Mapping[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(str(file), None, "", f"is not TOML: {error}") from error

    def wrong(self, key: str, expected: str) -> NoReturn:
        """Raise ConfigError for the value of this key."""
        raise ConfigError(str(self._file), line_of(self._text, key), key, expected)

    def known(self, where: str, given: Mapping[str, Any], names: tuple[str, ...]) -> None:
        """Refuse a key that nobody reads."""
        for key in given:
            if key not in names:
                self.wrong(_under(where, key), f"no such key; expected one of {', '.join(names)}")

    def one(self, kind: type[_T], section: str) -> _T:
        """The table [section]; one that is not there has the defaults."""
        return self.build(kind, section, self.values.get(section, {}))

    def many(self, kind: type[_T], section: str, *, is_needed: bool) -> tuple[_T, ...]:
        """The tables [[section]]."""
        given = self.values.get(section, [])
        if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
            self.wrong(section, f"expected tables [[{section}]]")
        if not given and is_needed:
            self.wrong(section, f"expected at least one [[{section}]]")
        return tuple(self.build(kind, f"{section}[{n}]", item) for n, item in enumerate(given))

    def build(self, kind: type[_T], where: str, given: Any) -> _T:
        """A dataclass from a table."""
        if not isinstance(given, Mapping):
            self.wrong(where, f"expected a table [{where}]")
        items: list[Field[Any]] = [item for item in fields(kind) if "no-key" not in item.metadata]  # type: ignore[arg-type]
        self.known(where, given, tuple(item.name for item in items))
        hints, found = get_type_hints(kind), {}
        for item in items:
            key = _under(where, item.name)
            if item.name in given:
                found[item.name] = self._value(key, hints[item.name], given[item.name])
            elif item.default is MISSING and item.default_factory is MISSING:
                self.wrong(key, "is missing")
            elif isinstance(item.default, Path):
                found[item.name] = self.folder / item.default
        return kind(**found)

    def policy(self, name: str) -> Policy:
        """A policy file beside this one, or a shipped policy. Raises PolicyError."""
        beside = self.folder / name
        return load_policy(str(beside) if beside.is_file() else name)

    def places(self, key: str, told: tuple[str, ...]) -> tuple[Place, ...]:
        """Second places for checkpoints."""
        try:
            return tuple(place(one, self.folder) for one in told)
        except PlaceError as error:
            self.wrong(key, str(error))

    def url(self, key: str, url: str, shape: str) -> SplitResult:
        """An address of another machine by https, or of this one by http too."""
        try:
            parts = urlsplit(url)
            is_whole = parts.hostname and parts.port != 0 and parts.username is None
        except ValueError:
            is_whole = False
        if not is_whole or parts.scheme not in ("https", "http"):
            self.wrong(key, f'expected "{shape}"')
        if parts.scheme == "http" and parts.hostname not in _HERE:
            self.wrong(key, f'expected "{shape}"; plain http goes to this machine only')
        return parts

    def choice(self, key: str, value: str, choices: tuple[str, ...]) -> None:
        """One of a closed list."""
        if value not in choices:
            self.wrong(key, f"expected one of {', '.join(choices)}")

    def readable(self, key: str, path: Path | None) -> None:
        """A file that must be there."""
        if path is not None and not path.is_file():
            self.wrong(key, f"there is no file {path}")

    def _value(self, key: str, kind: Any, value: Any) -> Any:
        if kind in (int, float):
            return kind(self._number(key, kind, value))
        if kind in (Path, Path | None):
            return self._path(key, value)
        if kind == tuple[str, ...]:
            return self._list(key, value, "texts", self._line)
        if kind == tuple[Path, ...]:
            return self._list(key, value, "files", self._path)
        if kind is Policy:
            return self.policy(self._line(key, value))
        if isinstance(kind, type) and is_dataclass(kind):
            return self.build(kind, key, value)
        return self._line(key, value)

    def _list(self, key: str, value: Any, what: str, read: Callable[[str, Any], _T]) -> tuple[_T, ...]:
        if not isinstance(value, list) or not value:
            self.wrong(key, f"expected a list of {what}")
        return tuple(read(key, item) for item in value)

    def _number(self, key: str, kind: type, value: Any) -> int | float:
        kinds, words = ((int,), "a whole number of at least 1") if kind is int else ((int, float), "a number above 0")
        if type(value) not in kinds or not 0 < value < 1 << 60:
            self.wrong(key, f"expected {words}")
        return value  # type: ignore[no-any-return]

    def _line(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not value or not value.isprintable():
            self.wrong(key, "expected a text of one line")
        return value

    def _path(self, key: str, value: Any) -> Path:
        return self.folder / self._line(key, value)


def _under(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
