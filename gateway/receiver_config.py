"""receiver.toml to ReceiverConfig: frozen, units in names, unknown keys refused, mistakes named by file, key and line.

Paths are relative to the folder of the file. A complete file:

    url      = "https://gateway.example.lg.jp:8470"   # plain http only on this machine
    consumer = "lgwan"
    key_file = "consumer.key"                         # the key whose hash stands in gateway.toml
    trust    = ["gateway-public.pem"]                 # who may sign; two while a key is being replaced
    store    = "data/store"
    audit    = "data/receiver-audit"
    audit_key   = "data/receiver-keys/signing.pem"    # signs this side's own log; drawn at the first start
    checkpoints = "data/checkpoints"                  # how the gateway's log stood at each delivery, for auditors
    export   = ["syslog:/dev/log"]                    # second places for this side's own checkpoints
    policy   = "default"                              # what this side's own judge holds copies to
    tls      = { ca = "ca.pem", certificate = "me.pem", certificate_key = "me.key" }
    limits   = { slots = 2, lease_s = 120 }
"""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, NoReturn, get_type_hints
from urllib.parse import urlsplit

from gateway.audit.export import Place, PlaceError, place
from gateway.audit.keys import Keys, PublicKey, key_ring
from gateway.config import ConfigError, read_word
from policies.load import load_policy
from policies.model import Policy
from policies.toml_lines import line_of

_HERE: Final = ("127.0.0.1", "::1", "localhost")
_MIB: Final = 1 << 20
_MOST_S: Final = {"wait_s": 30, "lease_s": 3600}  # what the gateway grants


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How the gateway is known, and how it knows us."""

    ca: Path | None = None  # PEM; without it, the authorities of this machine
    certificate: Path | None = None  # PEM; ours, for mutual TLS
    certificate_key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverLimits:
    """How much at a time, and how long."""

    slots: int = 2  # copies at a time
    lease_s: float = 120.0  # renewed while a copy is under way
    wait_s: float = 25.0  # the gateway holds the question open so long when there is nothing
    answer_s: float = 15.0  # for any answer, beyond wait_s
    idle_s: float = 30.0  # between two chunks of a copy
    min_bytes_per_s: int = 16_384  # a copy that comes slower is given up
    retry_first_s: float = 1.0
    retry_most_s: float = 60.0
    judge_tries: int = 3  # of a copy with which our own judge does not finish
    reserve_bytes: int = 1024 * _MIB  # of free space that no copy may take
    stop_s: float = 20.0  # for copies under way when the service stops


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverConfig:
    """All that the receiver is told."""

    url: str  # without a slash at the end
    consumer: str
    key_file: Path | None = None
    trust: tuple[Path, ...]
    store: Path = Path("data/store")
    audit: Path = Path("data/receiver-audit")
    audit_key: Path | None = None  # beside `audit`, where it is not said
    checkpoints: Path | None = None  # likewise
    export: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()  # what `export` says; not a key
    policy: Policy = field(default_factory=lambda: load_policy("default"))
    tls: Tls = field(default_factory=Tls)
    limits: ReceiverLimits = field(default_factory=ReceiverLimits)

    def keys(self) -> Keys:
        """The public keys that may have signed. Raises KeyFileError."""
        return key_ring(PublicKey.load(path) for path in self.trust)

    @property
    def log_key(self) -> Path:
        """The file of the key that signs this side's own log."""
        return self.audit_key or self.audit.parent / "receiver-keys/signing.pem"

    @property
    def witnessed(self) -> Path:
        """The folder for the checkpoints of the gateway."""
        return self.checkpoints or self.audit.parent / "checkpoints"

    def bearer(self) -> str | None:
        """What is said to the gateway to prove who asks. Raises KeyFileError."""
        if self.key_file is None:
            return None
        return read_word(self.key_file)


def load_receiver_config(path: str | Path) -> ReceiverConfig:
    """The configuration in this file. Raises ConfigError, or PolicyError for the policy that it names."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(str(file), None, "", "expected UTF-8 text") from error
    except OSError as error:
        raise ConfigError(str(file), None, "", f"cannot be read ({error.strerror})") from error
    return read_receiver_config(text, file)


def read_receiver_config(text: str, file: Path) -> ReceiverConfig:
    """The configuration that this TOML text writes down. Raises ConfigError, which names `file`."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(file), None, "", f"is not TOML: {error}") from error
    return _Reader(text, file).config(values)


class _Reader:
    """One file while it is read: it knows where each key stands."""

    def __init__(self, text: str, file: Path) -> None:
        self._text, self._file, self._folder = text, file, file.resolve().parent

    def config(self, values: Mapping[str, Any]) -> ReceiverConfig:
        told = self._table(ReceiverConfig, "", values)
        try:
            places = tuple(place(one, self._folder) for one in told.get("export", ()))
        except PlaceError as error:
            self._wrong("export", str(error))
        config = ReceiverConfig(**told, places=places)
        for key, most_s in _MOST_S.items():
            if getattr(config.limits, key) > most_s:
                self._wrong(f"limits.{key}", f"expected at most {most_s}")
        self._check_url(config.url)
        if (config.tls.certificate is None) != (config.tls.certificate_key is None):
            self._wrong("tls.certificate", "expected certificate and certificate_key together")
        for path in config.trust:
            self._readable("trust", path)
        for key in ("ca", "certificate", "certificate_key"):
            self._readable(f"tls.{key}", getattr(config.tls, key))
        self._readable("key_file", config.key_file)
        return config

    def _table(self, kind: type, where: str, given: Any) -> dict[str, Any]:
        """The values of a dataclass whose fields are the keys of the table and whose annotations are their types."""
        if not isinstance(given, dict):
            self._wrong(where, "expected a table")
        items: tuple[Field[Any], ...] = tuple(item for item in fields(kind) if item.name != "places")
        hints, names = get_type_hints(kind), [item.name for item in items]
        for key in given:
            if key not in names:
                self._wrong(f"{where}{key}", f"no such key; expected one of {', '.join(names)}")
        found = {}
        for item in items:
            if item.name in given:
                found[item.name] = self._value(f"{where}{item.name}", hints[item.name], given[item.name])
            elif item.default is MISSING and item.default_factory is MISSING:
                self._wrong(f"{where}{item.name}", "is missing")
            elif isinstance(item.default, Path):
                found[item.name] = self._folder / item.default
        return found

    def _value(self, key: str, kind: Any, value: Any) -> Any:
        if kind in (Tls, ReceiverLimits):
            return kind(**self._table(kind, f"{key}.", value))
        if kind in (int, float):
            return kind(self._number(key, kind, value))
        if kind in (Path, Path | None):
            return self._folder / self._line(key, value)
        if kind == tuple[Path, ...]:
            if not isinstance(value, list) or not value:
                self._wrong(key, "expected a list of files")
            return tuple(self._folder / self._line(key, item) for item in value)
        if kind == tuple[str, ...]:
            if not isinstance(value, list) or not value:
                self._wrong(key, "expected a list of texts")
            return tuple(self._line(key, item) for item in value)
        if kind is Policy:
            beside = self._folder / self._line(key, value)
            return load_policy(str(beside) if beside.is_file() else value)
        return self._line(key, value)

    def _number(self, key: str, kind: type, value: Any) -> int | float:
        kinds, words = ((int,), "a whole number of at least 1") if kind is int else ((int, float), "a number above 0")
        if type(value) not in kinds or not 0 < value < 1 << 60:
            self._wrong(key, f"expected {words}")
        return value  # type: ignore[no-any-return]

    def _line(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not value or not value.isprintable():
            self._wrong(key, "expected a text of one line")
        return value

    def _check_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            self._wrong("url", 'expected "https://HOST:PORT"')
        if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
            self._wrong("url", 'expected "https://HOST:PORT"')
        if parts.path or parts.query or parts.fragment or parts.username is not None:
            self._wrong("url", 'expected "https://HOST:PORT" and nothing behind it')
        if parts.scheme == "http" and parts.hostname not in _HERE:
            self._wrong("url", "expected https; plain http goes to this machine only")

    def _readable(self, key: str, path: Path | None) -> None:
        if path is not None and not path.is_file():
            self._wrong(key, f"there is no file {path}")

    def _wrong(self, key: str, expected: str) -> NoReturn:
        raise ConfigError(str(self._file), line_of(self._text, key.rstrip(".")), key.rstrip("."), expected)
