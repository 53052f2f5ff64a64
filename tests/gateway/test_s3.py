"""Copies in a bucket: the published examples of signatures, and a strict store that works each one out anew."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.config import Config, Consumer
from gateway.stores.s3_address import S3Address
from gateway.stores.sigv4 import EMPTY_SHA256, Credentials, authorization
from tests.gateway.doubles import MARK, connected, new_config
from tests.gateway.s3_double import KEY_ID, REGION, SECRET, S3Double, serving
from tests.gateway.test_outgoing import FAST, events_of, sent, until

EXAMPLE = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
HOST, AT = "examplebucket.s3.amazonaws.com", "20130524T000000Z"
WELCOME = hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()


@pytest.mark.parametrize(
    ("method", "path", "query", "more", "sha256", "signature"),
    [
        (
            *("GET", "/test.txt", "", {"range": "bytes=0-9"}, EMPTY_SHA256),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            *("PUT", "/test%24file.text", ""),
            {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
            WELCOME,
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            *("GET", "/", "lifecycle=", {}, EMPTY_SHA256),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            *("GET", "/", "max-keys=2&prefix=J", {}, EMPTY_SHA256),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
    ids=["GET object", "PUT object", "GET lifecycle", "GET list"],
)
def test_the_published_examples_of_signatures(method, path, query, more, sha256, signature):
    """Amazon S3 API Reference, "Examples: Signature Calculations"."""
    headers = {"Host": HOST, "x-amz-content-sha256": sha256, "x-amz-date": AT, **more}

    assert authorization(method, path, query, headers, sha256, EXAMPLE).endswith(f"Signature={signature}")


def bucket(folder: Path, endpoint: str) -> Config:
    (folder / "s3.key").write_text(f"{KEY_ID}:{SECRET}\n")
    push = f"s3://copies/in/town?endpoint={endpoint}&region={REGION}"
    consumer = Consumer(name="lgwan", tenants=("city-a",), push=push, push_key_file=folder / "s3.key")
    return replace(new_config(folder), consumers=(consumer,), delivery=FAST)


@pytest.mark.parametrize("keeps_checksums", [True, False], ids=["checksums", "ETag alone"])
async def test_a_copy_and_its_proof_are_put_into_a_bucket_once(tmp_path, keeps_checksums):
    store = S3Double(keeps_checksums=keeps_checksums)
    async with serving(store) as endpoint, connected(bucket(tmp_path, endpoint)) as (app, client):
        told = await sent(client, name="被害 写真(1).txt")
        assert await until(app, told["id"], "delivered", "undelivered") == "delivered"
    assert store.refused == []
    copy, proof = f"in/town/city-a/{told['id']}/被害 写真(1).txt", f"in/town/.records/{told['id']}.json"
    assert store.objects.keys() == {copy, proof}
    assert store.objects[copy] == b"x" + MARK
    sha256 = hashlib.sha256(b"x" + MARK).hexdigest()
    assert json.loads(store.objects[proof])["manifest"]["manifest"]["sha256"] == sha256
    assert events_of(tmp_path, told["id"]) == ["received", "decided", "delivered"]


@pytest.mark.parametrize("answers", [[500], [200, 503], [403], [307]], ids=str)
async def test_a_bucket_in_trouble_gets_it_later_and_once(tmp_path, answers):
    """D7. An answer of 200 without a digest is none: the object is looked for, and put once more."""
    store = S3Double()
    async with serving(store) as endpoint, connected(bucket(tmp_path, endpoint)) as (app, client):
        store.answers = list(answers)
        told = await sent(client)
        assert await until(app, told["id"], "delivered", "undelivered") == "delivered"
    assert len(store.objects) == 2
    assert events_of(tmp_path, told["id"]) == ["received", "decided", "refused", "delivered"]


async def test_what_stands_there_already_is_looked_at_and_never_overwritten(tmp_path):
    """Another content under the same key is a conflict; the store's own damage is no delivery."""
    store = S3Double()
    async with serving(store) as endpoint, connected(bucket(tmp_path, endpoint)) as (app, client):
        store.harm = b"other bytes"
        told = await sent(client)
        assert app.hall is not None
        while "refused" not in events_of(tmp_path, told["id"]):
            await app.hall.spool.changed(told["id"], (await app.hall.spool.get(told["id"])).state, 0.01)
        assert store.objects == {f"in/town/city-a/{told['id']}/a.txt": b"other bytes"}


async def test_a_wrong_secret_delivers_nothing(tmp_path):
    store = S3Double()
    async with serving(store) as endpoint:
        config = bucket(tmp_path, endpoint)
        (tmp_path / "s3.key").write_text(f"{KEY_ID}:another\n")
        async with connected(config) as (app, client):
            told = await sent(client)
            while "refused" not in events_of(tmp_path, told["id"]):
                await app.hall.spool.changed(told["id"], (await app.hall.spool.get(told["id"])).state, 0.01)
    assert store.objects == {} and set(store.refused) == {"SignatureDoesNotMatch"}


@pytest.mark.parametrize(
    "url",
    [
        "s3://Copies/in",
        "s3://copies/../in",
        "s3://copies/in?endpoint=https://h/path",
        "s3://copies/in?key=secret",
        "s3://copies/in#there",
        "s3:///in",
        "https://copies/in",
    ],
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ValueError, match="s3://BUCKET"):
        S3Address.parse(url)


def test_an_address_without_a_prefix_or_an_endpoint():
    assert S3Address.parse("s3://copies") == S3Address("https://s3.us-east-1.amazonaws.com", "copies", "", "us-east-1")
