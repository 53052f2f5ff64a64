"""gateway.toml: what it says is what is done, and each mistake is named with its line."""

from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from textwrap import dedent

import pytest

from gateway.config import (
    Audit,
    Config,
    Consumer,
    Deliveries,
    DoorLimits,
    Listen,
    Operator,
    Retention,
    Tenant,
    Webhook,
    WorkerSettings,
)
from gateway.config_file import load_config, read_config
from gateway.toml_file import ConfigError
from policies.load import PolicyError
from policies.rules import Context

KEY = sha256(b"a key").hexdigest()
OTHER = sha256(b"another key").hexdigest()
LEAST = f"""\
[[tenants]]
name = "city-a"
key_sha256 = ["{KEY}"]

[[rules]]
policy = "default"
"""


def read(text: str, folder: Path) -> Config:
    """The configuration of a file in `folder`."""
    return read_config(dedent(text), folder / "gateway.toml")


def test_the_least_configuration_is_a_tenant_and_a_rule(tmp_path: Path):
    """Everything else has a default; paths stand beside the file."""
    config = read(LEAST, tmp_path)

    assert config.listen.host == "127.0.0.1"
    assert config.spool.folder == tmp_path / "data/spool"
    assert config.audit.key == tmp_path / "data/keys/signing.pem"
    assert config.workers.slots >= 1
    assert config.consumer_for("city-a", "inbound") is None


def test_the_first_rule_that_matches_gives_the_policy(tmp_path: Path):
    """Guests get another policy than staff; where no rule fits, there is none."""
    config = read(
        LEAST.replace('policy = "default"', 'sender = "guest"\npolicy = "guest"')
        + '[[rules]]\ndirection = "inbound"\npolicy = "default"\n',
        tmp_path,
    )

    assert (guest := config.policy_for(Context(tenant="city-a", sender="guest"))) and guest.name == "guest"
    assert (staff := config.policy_for(Context(tenant="city-a"))) and staff.name == "default"
    assert config.policy_for(Context(tenant="city-a", direction="outbound")) is None


def test_a_policy_file_stands_beside_the_configuration(tmp_path: Path):
    """A rule may name a file; its limits count for the largest body."""
    (tmp_path / "small.toml").write_text('name = "small"\nadmit = ["image/png"]\nlimits = { max_input_bytes = 7 }\n')

    config = read(LEAST.replace('"default"', '"small.toml"'), tmp_path)

    assert config.max_input_bytes == 7


def test_a_consumer_comes_for_its_tenants_and_directions(tmp_path: Path):
    """ "*" stands for all tenants."""
    config = read(LEAST + f'[[consumers]]\nname = "lgwan"\nkey_sha256 = ["{OTHER}"]\ntenants = ["*"]\n', tmp_path)

    assert config.consumer_for("city-a", "inbound") == "lgwan"
    assert config.consumer_for("city-a", "outbound") is None


CONSUMER = f'[[consumers]]\nname = "x"\nkey_sha256 = ["{OTHER}"]\ntenants = ["city-a"]\n'
MISTAKES = [
    ('[spool]\nurl = "postgresql://db/x"\n', 2, "spool.url", "not in this version"),
    ('[spool]\nurl = "data"\n', 2, "spool.url", "sqlite:FOLDER"),
    ("[spool]\nreserve_bytes = -1\n", 2, "spool.reserve_bytes", "whole number"),
    ("[limits]\nbody_idle_s = 0\n", 2, "limits.body_idle_s", "above 0"),
    ("[limits]\nmax_uploads = 1.5\n", 2, "limits.max_uploads", "whole number"),
    ("[limits]\nmax_upload = 1\n", 2, "limits.max_upload", "no such key; expected one of max_uploads"),
    ("[listen]\nport = 70000\n", 2, "listen.port", "1 to 65535"),
    ('[listen]\ncertificate = "x.pem"\n', 2, "listen.certificate", "together"),
    ('[listen]\nhost = "a\\nb"\n', 2, "listen.host", "one line"),
    ("listen = 1\n", 1, "listen", "expected a table"),
    ("colour = 1\n", 1, "colour", "no such key"),
    (CONSUMER.replace('"x"', '"../x"'), 2, "consumers[0].name", "name a folder"),
    (CONSUMER.replace('"x"', '"con"'), 2, "consumers[0].name", "name a folder"),
    (CONSUMER.replace("city-a", "city-b"), 4, "consumers[0].tenants", "expected one of city-a"),
    (CONSUMER.replace(OTHER, "abc"), 3, "consumers[0].key_sha256", "64 lower-case digits"),
    (CONSUMER + 'directions = ["up"]\n', 5, "consumers[0].directions", "inbound, outbound"),
    (CONSUMER + CONSUMER.replace('"x"', '"y"').replace(OTHER, KEY), 8, "consumers[1].tenants", "one consumer"),
    (CONSUMER + CONSUMER, 6, "consumers[1].name", "a name of its own"),
    (CONSUMER + CONSUMER.replace('"x"', '"y"'), 7, "consumers[1].key_sha256", "given twice"),
]


@pytest.mark.parametrize(("head", "line", "key", "expected"), MISTAKES, ids=[mistake[2] for mistake in MISTAKES])
def test_a_mistake_is_named_with_file_line_key_and_what_was_expected(
    head: str, line: int, key: str, expected: str, tmp_path: Path
):
    """Operators read this, not a traceback."""
    with pytest.raises(ConfigError) as caught:
        read(head + LEAST, tmp_path)

    assert (caught.value.line, caught.value.key) == (line, key)
    assert expected in str(caught.value) and f"gateway.toml:{line}" in str(caught.value)


def test_a_missing_key_is_named_with_its_table(tmp_path: Path):
    """A tenant without keys could never send anything."""
    with pytest.raises(ConfigError, match=r"gateway.toml:1: tenants\[0\].key_sha256: is missing"):
        read('[[tenants]]\nname = "city-a"\n[[rules]]\npolicy = "default"\n', tmp_path)


@pytest.mark.parametrize("section", ["tenants", "rules"])
def test_without_tenant_or_rule_nothing_could_come_in(section: str, tmp_path: Path):
    """Both must be there."""
    kept = [part for part in LEAST.split("\n\n") if section not in part]
    with pytest.raises(ConfigError, match=rf"expected at least one \[\[{section}\]\]"):
        read("\n".join(kept), tmp_path)


def test_a_rule_names_a_tenant_that_exists(tmp_path: Path):
    """A rule for nobody is a mistake of spelling."""
    with pytest.raises(ConfigError, match="expected one of city-a"):
        read(LEAST + 'tenant = "city-b"\n', tmp_path)


def test_a_mistake_in_a_policy_is_named_in_its_own_file(tmp_path: Path):
    """The policy's file and line, not the configuration's."""
    (tmp_path / "mine.toml").write_text('name = "mine"\nadmit = ["image/no-such"]\n')
    with pytest.raises(PolicyError, match=r"mine.toml:2: admit"):
        read(LEAST.replace('"default"', '"mine.toml"'), tmp_path)


def test_what_cannot_be_read_is_said_without_a_traceback(tmp_path: Path):
    """No file, no TOML, no UTF-8."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(tmp_path / "latin.toml")
    with pytest.raises(ConfigError, match="is not TOML"):
        read("[[", tmp_path)


def test_the_example_of_the_documentation_is_valid_and_names_every_key(tmp_path: Path):
    """docs/operations.md: what stands there can be copied, and nothing is left out."""
    text = (Path(__file__).parents[2] / "docs/operations.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    for digest in (KEY, OTHER):
        example = example.replace("…64 digits…", digest, 1)
    read_config(example, tmp_path / "gateway.toml")

    kinds = (Listen, Audit, WorkerSettings, DoorLimits, Retention, Deliveries, Tenant, Consumer, Webhook, Operator)
    keys = {item.name for kind in kinds for item in fields(kind)} - {"places"}  # what `export` says; not a key
    assert [key for key in sorted(keys) if key not in example] == []
