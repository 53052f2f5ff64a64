"""The whole way with nothing in place of anything: uploaded here, sanitized, judged, signed, pulled over mutual TLS,
judged again, stored there.
"""

import asyncio
import datetime
import hashlib
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.app import App
from gateway.audit.keys import PublicKey, key_ring
from gateway.audit.record import digest, open_seal
from gateway.audit.segments import read
from gateway.config import Config, Listen
from gateway.receiver import receive
from gateway.receiver_config import ReceiverConfig, ReceiverLimits, Tls
from gateway.store import FolderStore
from gateway.workers import Workers
from policies.load import load_policy
from tests.gateway.doubles import CONSUMER_KEY, TENANT, new_config, running

SAMPLES = Path(__file__).parents[2] / "gateway/demo/samples"


class Authority:
    """A certificate authority for one test."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name, self.key = folder, name, ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(subject, subject, self.key, is_ca=True)
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def issue(self, name: str) -> tuple[Path, Path]:
        """Certificate and key for 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        certificate = self._sign(subject, self.certificate.subject, key, is_ca=False)
        paths = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paths

    def _sign(self, subject: x509.Name, issuer: x509.Name, key: Any, *, is_ca: bool) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        )
        return builder.sign(self.key, hashes.SHA256())


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


def gateway_config(folder: Path, authority: Authority) -> Config:
    config = new_config(folder)
    certificate, key = authority.issue("gateway")
    listen = Listen(port=0, certificate=certificate, certificate_key=key, client_ca=authority.path)
    return replace(config, listen=listen, policies=dict.fromkeys(config.policies, load_policy("default")))


def receiver_config(folder: Path, app: App, tls: Tls) -> ReceiverConfig:
    (folder / "consumer.key").write_text(CONSUMER_KEY)
    return ReceiverConfig(
        url=f"https://127.0.0.1:{app.port}",
        consumer="lgwan",
        key_file=folder / "consumer.key",
        trust=(folder / "data/keys/signing.pub",),
        store=folder / "store",
        audit=folder / "receiver-audit",
        audit_key=folder / "receiver-keys/signing.pem",
        checkpoints=folder / "checkpoints",
        tls=tls,
        limits=ReceiverLimits(wait_s=5, retry_first_s=0.01, retry_most_s=0.05, reserve_bytes=1, stop_s=10),
    )


@asynccontextmanager
async def client(app: App, authority: Authority) -> AsyncIterator[aiohttp.ClientSession]:
    context = ssl.create_default_context(cafile=authority.path)
    context.load_cert_chain(*authority.issue("sender"))
    connector = aiohttp.TCPConnector(ssl=context)
    async with aiohttp.ClientSession(f"https://127.0.0.1:{app.port}", connector=connector, headers=TENANT) as session:
        yield session


async def bring(session: aiohttp.ClientSession, name: str, content: bytes) -> dict[str, Any]:
    """Upload, and wait for what became of it."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Prefer": "wait=60"}
    async with session.post("/v1/files", data=content, headers=headers) as response:
        assert response.status == 200, await response.text()
        found: dict[str, Any] = await response.json()
        return found


async def state_of(session: aiohttp.ClientSession, id: str) -> str:
    async with session.get(f"/v1/files/{id}") as response:
        return str((await response.json())["state"])


def visible(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    found = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    return {name: content for name, content in found.items() if not name.startswith(".")}


async def test_real_files_cross_and_the_rest_stays(tmp_path, authority):
    sent = {
        "第１回　会議.txt": "議事録\r\n".encode("cp932"),
        "道路冠水.jpg": (SAMPLES / "photo-geo.jpg").read_bytes(),
        "画面.png": (SAMPLES / "screenshot.png").read_bytes(),
        "請求書.jpg": b"MZ\x90\x00" + bytes(200),
    }
    certificate, key = authority.issue("receiver")
    tls, stop = Tls(ca=authority.path, certificate=certificate, certificate_key=key), asyncio.Event()
    async with running(gateway_config(tmp_path, authority), Workers(2)) as app, client(app, authority) as session:
        receiving = asyncio.create_task(receive(receiver_config(tmp_path, app, tls), stop))
        told = {name: await bring(session, name, content) for name, content in sent.items()}
        released = {name: found for name, found in told.items() if name != "請求書.jpg"}
        while {await state_of(session, found["id"]) for found in released.values()} != {"delivered"}:
            assert not receiving.done()
        stop.set()
        await receiving
        public = PublicKey.load(tmp_path / "data/keys/signing.pub")
        for found in told.values():
            async with session.get(f"/v1/files/{found['id']}/certificate") as response:
                open_seal(await response.read(), key_ring([public]))

    assert told["請求書.jpg"]["state"] == "withheld"
    stored = visible(tmp_path / "store")
    assert set(stored) == {f"city-a/{found['id']}/{name}" for name, found in released.items()}
    assert stored[f"city-a/{told['第１回　会議.txt']['id']}/第１回　会議.txt"] == sent["第１回　会議.txt"]
    assert b"GPS" not in stored[f"city-a/{told['道路冠水.jpg']['id']}/道路冠水.jpg"]
    hold_logs_together(tmp_path, stored)


def hold_logs_together(folder: Path, stored: dict[str, bytes]) -> None:
    """What an auditor does with the two logs: each stored copy was decided over there, and is the same one."""
    here = [line.event for line in read(folder / "data/audit")]
    there = [line.event for line in read(folder / "receiver-audit") if line.event["event"] == "stored"]
    decided = {event["id"]: event for event in here if event["event"] == "decided"}
    delivered = {event["id"]: event["sha256"] for event in here if event["event"] == "delivered"}
    assert len(there) == len(stored) == len(delivered) == 3
    with FolderStore(folder / "store") as store:
        for path, content in stored.items():
            id = path.split("/")[1]
            (line,) = (event for event in there if event["id"] == id)
            sha256 = hashlib.sha256(content).hexdigest()
            assert line["sha256"] == delivered[id] == decided[id]["sha256_out"] == sha256
            assert line["certificate_sha256"] == decided[id]["certificate_sha256"]
            record = store.record(id)
            assert record is not None
            assert digest(record["certificate"]["certificate"]) == line["certificate_sha256"]


@pytest.mark.parametrize("wrong", ["no certificate of ours", "a certificate of a stranger", "a gateway of a stranger"])
async def test_without_mutual_proof_nothing_is_even_asked(tmp_path, authority, wrong):
    (tmp_path / "elsewhere").mkdir()
    stranger = Authority(tmp_path / "elsewhere", "stranger")
    certificate, key = (stranger if wrong == "a certificate of a stranger" else authority).issue("receiver")
    tls = Tls(ca=authority.path, certificate=certificate, certificate_key=key)
    if wrong == "no certificate of ours":
        tls = Tls(ca=authority.path)
    elif wrong == "a gateway of a stranger":
        tls = replace(tls, ca=stranger.path)
    stop = asyncio.Event()
    async with running(gateway_config(tmp_path, authority)) as app, client(app, authority) as session:
        await bring(session, "a.txt", b"a\n")
        config, asked = receiver_config(tmp_path, app, tls), asyncio.Event()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gateway.receiver._log.warning", lambda *_, **__: asked.set(), raising=False)
            receiving = asyncio.create_task(receive(config, stop, judge=Workers(1)))
            waiting = asyncio.create_task(asked.wait())
            await asyncio.wait({receiving, waiting}, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            await receiving
        assert app.hall is not None
        (view,) = [await app.hall.spool.get((await app.hall.spool.pull("lgwan", limit=1, lease_s=1, wait_s=0))[0].id)]

    assert view is not None and view.state == "released"
    assert visible(tmp_path / "store") == {}
