"""receiver.toml: what it gives, and each mistake named with file, line and key."""

from pathlib import Path

import pytest

from gateway import receiver_config as module
from gateway.audit.keys import KeyFileError, SigningKey
from gateway.receiver_config import ReceiverConfig, load_receiver_config, read_receiver_config
from gateway.toml_file import ConfigError

GOOD = """\
url = "https://gateway.example:8470"
consumer = "lgwan"
trust = ["public.pem"]
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    key = SigningKey.create(tmp_path / "signing.pem")
    (tmp_path / "public.pem").write_bytes(key.public_pem())
    (tmp_path / "consumer.key").write_text("s3cret\n")
    return tmp_path


def read(folder: Path, text: str) -> ReceiverConfig:
    (folder / "receiver.toml").write_text(text, encoding="utf-8")
    return load_receiver_config(folder / "receiver.toml")


def test_what_is_not_said_has_a_careful_default(folder):
    config = read(folder, GOOD)

    assert (config.url, config.consumer) == ("https://gateway.example:8470", "lgwan")
    assert config.store == folder / "data/store"
    assert config.audit == folder / "data/receiver-audit"
    assert config.policy.name == "default"
    assert config.limits.slots >= 1
    assert config.bearer() is None
    assert list(config.keys()) == [SigningKey.load(folder / "signing.pem").id]


def test_everything_can_be_said(folder):
    text = GOOD + (
        'key_file = "consumer.key"\nstore = "/srv/copies"\naudit = "log"\npolicy = "strict"\n'
        'tls = { ca = "public.pem" }\n[limits]\nslots = 5\nlease_s = 30\nidle_s = 0.5\n'
    )
    config = read(folder, text)

    assert config.store == Path("/srv/copies")
    assert config.audit == folder / "log"
    assert config.policy.name == "strict"
    assert config.bearer() == "s3cret"
    assert config.tls.ca == folder / "public.pem"
    assert (config.limits.slots, config.limits.lease_s, config.limits.idle_s) == (5, 30.0, 0.5)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8470", "http://localhost:1", "http://[::1]:8470", "https://h"])
def test_plain_http_stays_on_this_machine(folder, url):
    assert read(folder, GOOD.replace("https://gateway.example:8470", url)).url == url


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        (GOOD.replace("consumer", "consumr"), 2, "consumr"),
        (GOOD.replace('consumer = "lgwan"\n', ""), None, "consumer"),
        (GOOD.replace('"lgwan"', "7"), 2, "consumer"),
        (GOOD.replace('"lgwan"', '""'), 2, "consumer"),
        (GOOD.replace("https:", "http:"), 1, "url"),
        (GOOD.replace("https:", "ftp:"), 1, "url"),
        (GOOD.replace("8470", "84700"), 1, "url"),
        (GOOD.replace(":8470", ":8470/"), 1, "url"),
        (GOOD.replace(":8470", ":8470/v1"), 1, "url"),
        (GOOD.replace("//", "//user:word@"), 1, "url"),
        (GOOD.replace('["public.pem"]', "[]"), 3, "trust"),
        (GOOD.replace('["public.pem"]', '"public.pem"'), 3, "trust"),
        (GOOD.replace("public.pem", "absent.pem"), 3, "trust"),
        (GOOD + "limits = 3\n", 4, "limits"),
        (GOOD + "[limits]\nslots = 0\n", 5, "limits.slots"),
        (GOOD + "[limits]\nslots = 1.5\n", 5, "limits.slots"),
        (GOOD + "[limits]\nslots = true\n", 5, "limits.slots"),
        (GOOD + "[limits]\nslot = 1\n", 5, "limits.slot"),
        (GOOD + "[limits]\nidle_s = nan\n", 5, "limits.idle_s"),
        (GOOD + 'tls = { certificate = "public.pem" }\n', 4, "tls.certificate"),
        (GOOD + 'tls = { ca = "absent" }\n', 4, "tls.ca"),
        (GOOD + 'key_file = "absent"\n', 4, "key_file"),
    ],
)
def test_each_mistake_is_named(folder, text, line, key):
    with pytest.raises(ConfigError) as error:
        read(folder, text)

    assert (error.value.line, error.value.key) == (line, key)
    assert error.value.file.endswith("receiver.toml")


def test_what_is_no_toml_is_named(folder):
    with pytest.raises(ConfigError, match="TOML"):
        read(folder, "url = \n")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_receiver_config(folder / "absent.toml")


@pytest.mark.parametrize("content", ["", "two words\n", "two\nlines\n", "é\n"])
def test_a_consumer_key_is_one_word(folder, content):
    (folder / "consumer.key").write_text(content, encoding="utf-8")
    config = read(folder, GOOD + 'key_file = "consumer.key"\n')

    with pytest.raises(KeyFileError, match=r"consumer\.key"):
        config.bearer()


def test_a_trusted_key_that_is_none_is_named(folder):
    (folder / "public.pem").write_text("nonsense")

    with pytest.raises(KeyFileError, match=r"public\.pem"):
        read(folder, GOOD).keys()


def test_the_example_in_the_documentation_is_read(folder):
    """The complete file of the module's docstring has no unknown key."""
    assert module.__doc__ is not None
    text = module.__doc__.split("A complete file:\n")[1]
    for name in ("gateway-public.pem", "ca.pem", "me.pem", "me.key"):
        (folder / name).write_bytes(b"")
    config = read_receiver_config(text, folder / "receiver.toml")

    assert config.consumer == "lgwan"
