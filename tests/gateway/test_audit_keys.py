"""Keys: who may read them, what they sign, and how openssl sees them."""

import base64
import hashlib
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from gateway.audit.keys import KeyFileError, NameKey, PublicKey, SigningKey, key_ring


def raw_public(key):
    """The last 32 bytes of the DER form are the raw key (RFC 8410)."""
    body = b"".join(key.public_pem().splitlines()[1:-1])
    return base64.b64decode(body)[-32:]


def test_a_created_key_is_private_and_loads_again(tmp_path):
    created = SigningKey.create(tmp_path / "signing.pem")
    loaded = SigningKey.load(tmp_path / "signing.pem")

    assert (tmp_path / "signing.pem").stat().st_mode & 0o777 == 0o600
    assert loaded.id == created.id
    assert created.public.verify(loaded.sign(b"text"), b"text")


def test_a_key_is_never_overwritten(tmp_path):
    SigningKey.create(tmp_path / "signing.pem")
    before = (tmp_path / "signing.pem").read_bytes()

    with pytest.raises(FileExistsError):
        SigningKey.create(tmp_path / "signing.pem")
    assert (tmp_path / "signing.pem").read_bytes() == before


@pytest.mark.parametrize("load", [SigningKey.load, NameKey.load])
def test_a_secret_that_every_account_can_read_is_refused(tmp_path, load):
    path = tmp_path / "secret"
    (SigningKey if load == SigningKey.load else NameKey).create(path)
    path.chmod(0o604)

    with pytest.raises(KeyFileError, match="mode 0604"):
        load(path)


def test_the_id_is_the_digest_of_the_raw_public_key(tmp_path):
    key = SigningKey.create(tmp_path / "signing.pem")
    (tmp_path / "public.pem").write_bytes(key.public_pem())
    public = PublicKey.load(tmp_path / "public.pem")

    assert public.id == key.id == hashlib.sha256(raw_public(key)).hexdigest()[:16]
    assert key_ring([public])[key.id] is public


def test_another_message_or_key_does_not_verify(tmp_path):
    one, two = SigningKey.create(tmp_path / "1"), SigningKey.create(tmp_path / "2")
    signature = one.sign(b"text")

    assert not one.public.verify(signature, b"text.")
    assert not two.public.verify(signature, b"text")
    assert not one.public.verify(signature[:-1], b"text")
    assert not one.public.verify(b"", b"text")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key_is_named_by_its_file(tmp_path, content):
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)

    for load in (PublicKey.load, SigningKey.load, NameKey.load):
        with pytest.raises(KeyFileError, match=r"key\.pem"):
            load(path)


def test_a_missing_key_is_named_by_its_file(tmp_path):
    for load in (PublicKey.load, SigningKey.load, NameKey.load):
        with pytest.raises(KeyFileError, match="absent"):
            load(tmp_path / "absent")


def test_a_key_of_another_kind_is_refused(tmp_path):
    other = X25519PrivateKey.generate()
    private, public = tmp_path / "private", tmp_path / "public"
    private.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    private.chmod(0o600)
    public.write_bytes(other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    with pytest.raises(KeyFileError, match="Ed25519"):
        SigningKey.load(private)
    with pytest.raises(KeyFileError, match="Ed25519"):
        PublicKey.load(public)


def test_equal_names_give_equal_marks_under_one_key_only(tmp_path):
    one, two = NameKey.create(tmp_path / "1"), NameKey.create(tmp_path / "2")

    assert one.mark("見積書.pdf") == NameKey.load(tmp_path / "1").mark("見積書.pdf")
    assert one.mark("見積書.pdf") != two.mark("見積書.pdf")
    assert one.mark("見積書.pdf") != one.mark("見積書.PDF")
    assert len(one.mark("\udc83")) == 64


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_openssl_verifies_a_signature(tmp_path):
    key = SigningKey.create(tmp_path / "signing.pem")
    for name, content in (("public.pem", key.public_pem()), ("message", b"text"), ("signature", key.sign(b"text"))):
        (tmp_path / name).write_bytes(content)
    command = "openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in message -sigfile signature"

    assert subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "message").write_bytes(b"texd")
    assert subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False).returncode != 0
