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

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from gateway.audit.export import Place
from gateway.audit.keys import Keys, PublicKey, key_ring
from gateway.config import read_word
from gateway.toml_file import NO_KEY, TomlFile, read_text
from policies.load import load_policy
from policies.model import Policy

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
    places: tuple[Place, ...] = field(default=(), metadata=NO_KEY)  # what `export` says
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
    return read_receiver_config(*read_text(path))


def read_receiver_config(text: str, file: Path) -> ReceiverConfig:
    """The configuration that this TOML text writes down. Raises ConfigError, which names `file`."""
    toml = TomlFile(text, file)
    config = toml.build(ReceiverConfig, "", toml.values)
    for key, most_s in _MOST_S.items():
        if getattr(config.limits, key) > most_s:
            toml.wrong(f"limits.{key}", f"expected at most {most_s}")
    parts = toml.url("url", config.url, "https://HOST:PORT")
    if parts.path or parts.query or parts.fragment:
        toml.wrong("url", 'expected "https://HOST:PORT" and nothing behind it')
    if (config.tls.certificate is None) != (config.tls.certificate_key is None):
        toml.wrong("tls.certificate", "expected certificate and certificate_key together")
    for path in config.trust:
        toml.readable("trust", path)
    for key in ("ca", "certificate", "certificate_key"):
        toml.readable(f"tls.{key}", getattr(config.tls, key))
    toml.readable("key_file", config.key_file)
    return replace(config, places=toml.places("export", config.export))
