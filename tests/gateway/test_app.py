"""Starting and stopping: mistakes are the operator's to read, and a promise that cannot be kept ends the service."""

import asyncio
import os
import signal
import ssl
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.app import App, GatewayError
from gateway.audit.keys import PublicKey
from gateway.config import Listen
from gateway.toml_file import ConfigError
from sanitizers.errors import SandboxError
from tests.gateway.doubles import TENANT, CopyingWorkers, connected, new_config, running


def events(folder: Path) -> list[str]:
    """The log's events in their order."""
    lines = [line for path in (folder / "data/audit").glob("*.jsonl") for line in path.read_bytes().splitlines()]
    return [event for line in lines if (event := orjson.loads(line)["event"]) != "epoch"]


async def test_the_first_start_draws_the_keys_and_the_next_uses_them(tmp_path: Path):
    """Private to the service; the public half lies beside for the receiver."""
    config = new_config(tmp_path)
    async with running(config) as app:
        assert app.hall is not None
        first = app.hall.ledger.key.id
    assert stat.S_IMODE(config.audit.key.stat().st_mode) == 0o600
    assert PublicKey.load(config.audit.key.with_suffix(".pub")).id == first
    async with running(config) as app:
        assert app.hall is not None and app.hall.ledger.key.id == first
    assert events(tmp_path) == ["started", "stopped"] * 2


async def test_a_second_gateway_on_the_same_place_is_refused(tmp_path: Path):
    """The record is locked as the spool is."""
    config = new_config(tmp_path)
    async with running(config):
        with pytest.raises(ConfigError, match="audit"):
            await App(config, CopyingWorkers()).start()
        elsewhere = replace(config, audit=replace(config.audit, folder=tmp_path / "other"))
        with pytest.raises(ConfigError, match="another gateway"):
            await App(elsewhere, CopyingWorkers()).start()


async def test_mistakes_at_the_start_are_named_and_nothing_is_left_running(tmp_path: Path):
    """A key that is none, a port that is taken, workers that do not start: then again, and it starts."""
    config = new_config(tmp_path)
    config.audit.key.parent.mkdir(parents=True)
    config.audit.key.write_text("no key")
    config.audit.key.chmod(0o600)
    with pytest.raises(ConfigError, match=r"signing\.pem"):
        await App(config, CopyingWorkers()).start()
    config.audit.key.unlink()

    class Broken(CopyingWorkers):
        async def start(self) -> None:
            raise SandboxError("no locks")

    with pytest.raises(ConfigError, match="do not start: no locks"):
        await App(config, Broken()).start()
    (tmp_path / "other").mkdir()
    async with running(config) as app:
        taken = replace(new_config(tmp_path / "other"), listen=Listen(port=app.port))
        with pytest.raises(ConfigError, match="cannot be listened on"):
            await App(taken, CopyingWorkers()).start()
    async with running(config):
        pass


async def test_a_broken_spool_ends_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """fsync failed: the client is not told that its file was accepted, and the service says that it cannot go on."""
    async with connected(new_config(tmp_path)) as (app, client):
        real = os.fsync

        def fsync(fd: int) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(os, "fsync", fsync)
        async with client.post("/v1/files?name=a.txt", data=b"x") as response:
            assert (response.status, (await response.json())["code"]) == (503, "unavailable")
        monkeypatch.setattr(os, "fsync", real)
        with pytest.raises(GatewayError, match="EIO"):
            await app.wait()
        async with client.get("/readyz") as response:
            assert response.status == 503 and (await response.json())["checks"]["spool"] is False


async def test_a_broken_record_ends_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Nothing is accepted that cannot be recorded."""
    async with connected(new_config(tmp_path)) as (app, client):

        def fdatasync(fd: int) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(os, "fdatasync", fdatasync)
        for path in ("/v1/files?name=a.txt", "/v1/sanitize?name=a.txt"):
            async with client.post(path, data=b"x") as response:
                assert (response.status, (await response.json())["code"]) == (503, "unavailable")
        with pytest.raises(GatewayError):
            await app.wait()
    assert not list((tmp_path / "data/spool/out").iterdir())


async def test_bodies_that_nobody_was_promised_are_removed_and_the_log_says_so(tmp_path: Path):
    """Kept and recorded, but not accepted before the crash."""
    config = new_config(tmp_path)
    async with running(config):
        pass
    (tmp_path / "data/spool/in/ORPHAN").write_bytes(b"x")
    async with running(config):
        pass
    assert events(tmp_path) == ["started", "stopped", "started", "removed", "stopped"]


async def test_it_listens_on_a_unix_socket_too(tmp_path: Path):
    """For a reverse proxy on the same machine."""
    path = tmp_path / "s"
    async with (
        running(replace(new_config(tmp_path), listen=Listen(socket=path))),
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path)), headers=TENANT) as client,
        client.post("http://gateway/v1/sanitize?name=a.txt", data=b"x") as response,
    ):
        assert response.status == 200


async def test_with_a_client_ca_only_its_clients_are_heard(tmp_path: Path):
    """mTLS: without a certificate of that authority no request is read; large copies go out over TLS as well."""
    authority = Authority()
    certificate, key = authority.issue(tmp_path / "server", "localhost")
    client_certificate, client_key = authority.issue(tmp_path / "client", "receiver")
    (tmp_path / "ca.pem").write_bytes(authority.pem())
    listen = Listen(port=0, certificate=certificate, certificate_key=key, client_ca=tmp_path / "ca.pem")
    async with running(replace(new_config(tmp_path), listen=listen)) as app:
        url = f"https://localhost:{app.port}/v1/sanitize?name=a.txt"
        trusting = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        async with aiohttp.ClientSession(headers=TENANT) as client:
            with pytest.raises(aiohttp.ClientError):
                await client.post(url, data=b"x", ssl=trusting)
            trusting.load_cert_chain(client_certificate, client_key)
            async with client.post(url, data=bytes(1 << 20), ssl=trusting) as response:
                assert response.status == 200 and len(await response.read()) > 1 << 20


class Authority:
    """A certificate authority of this test's own."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        self._certificate = self._sign(self._name, self._key.public_key(), [], is_authority=True)

    def pem(self) -> bytes:
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, place: Path, host: str) -> tuple[Path, Path]:
        """Files of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        signed = self._sign(name, key.public_key(), [x509.DNSName(host)], is_authority=False)
        certificate_path, key_path = place.with_suffix(".pem"), place.with_suffix(".key")
        certificate_path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        key_path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate_path, key_path

    def _sign(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, hosts: list[x509.GeneralName], is_authority: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(x509.SubjectAlternativeName(hosts or [x509.DNSName("authority")]), critical=False)
            .sign(self._key, hashes.SHA256())
        )


PROGRAM = """
import asyncio, sys
from pathlib import Path
import gateway.app
from tests.gateway.doubles import CopyingWorkers, new_config
gateway.app.Workers = lambda slots: CopyingWorkers()
gateway.app.Watch = lambda workers: None
asyncio.run(gateway.app.serve(new_config(Path(sys.argv[1]))))
"""


def test_sigterm_is_a_stop_in_order(tmp_path: Path):
    """Exit status 0 and a last line in the record; log lines are JSON."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stderr=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stderr is not None
    lines = []
    while not lines or lines[-1]["event"] != "ready":
        lines.append(orjson.loads(process.stderr.readline()))
    process.send_signal(signal.SIGTERM)
    lines += [orjson.loads(line) for line in process.stderr.read().splitlines()]

    assert process.wait(60) == 0
    assert events(tmp_path) == ["started", "stopped"]
    assert [line["event"] for line in lines][-1] == "stopping"


async def test_a_stop_answers_those_who_wait_and_loses_nothing(tmp_path: Path):
    """A client that waits for its result is told that it is accepted; the file itself may still finish."""
    workers = CopyingWorkers()
    workers.gate = asyncio.Event()
    config = new_config(tmp_path, {"stop_s": 30.0})
    async with connected(config, workers) as (app, client):
        asked = asyncio.create_task(client.post("/v1/files?name=a.txt", data=b"x", headers={"Prefer": "wait=60"}))
        while not workers.orders:
            await asyncio.sleep(0.001)
        stopping = asyncio.create_task(app.stop())
        response = await asked
        assert (response.status, (await response.json())["state"]) == (202, "sanitizing")
        workers.gate.set()
        await stopping
    assert events(tmp_path) == ["started", "received", "decided", "stopped"]
