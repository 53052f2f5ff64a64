"""openapi.json says what the code does: the same addresses, keys, problems and answers."""

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.deliver import Refusal
from gateway.doors.routes import ROUTES
from gateway.texts import REFUSALS
from tests.gateway.doubles import CONSUMER, connected, new_config

DOCUMENT: dict[str, Any] = json.loads(resources.files("gateway.doors").joinpath("openapi.json").read_text("utf-8"))
OPERATIONS = {
    (method.upper(), path): operation for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
}
SECURITY = {
    "tenant": [{"tenantKey": []}],
    "consumer": [{"consumerKey": []}],
    "operator": [{"operatorKey": []}],
    "anyone": [],
}


def test_every_route_is_described_and_nothing_else():
    """The table of addresses and the description are one."""
    assert set(OPERATIONS) == {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_is_described_with_its_key_and_its_id(route):
    """Who may come in, and what is in the address."""
    operation = OPERATIONS[route.method, route.path]
    in_path = [parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "path"]

    assert operation["security"] == SECURITY[route.who]
    assert in_path == re.findall(r"\{(\w+)\}", route.path)


def test_problems_are_described_under_their_own_status():
    """Every code that is named exists, stands under its status, and every code is named somewhere."""
    named = set()
    for operation in OPERATIONS.values():
        for status, response in operation["responses"].items():
            if "application/problem+json" in response.get("content", {}):
                for code in response["description"].split(", "):
                    assert REFUSALS[code].status == int(status), code
                    named.add(code)

    assert set(REFUSALS) - named == {"no-such-path", "method-not-allowed"}, "these have no operation to stand under"
    assert DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == sorted(REFUSALS)


def test_the_words_of_the_way_back_are_all_described():
    """nack takes the closed list that deliver.py has."""
    body = OPERATIONS["POST", "/v1/deliveries/{id}:nack"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["properties"]["reason"]["enum"] == list(Refusal)


async def test_answers_have_the_shapes_that_are_described(tmp_path: Path):
    """Each JSON answer of a live gateway, checked key by key."""
    async with connected(new_config(tmp_path)) as (_, client):
        wait = {"Prefer": "wait=30"}
        blocked = await checked(client, "POST", "/v1/files", "?name=a.txt", data=b"encrypted!x", headers=wait)
        done = await checked(client, "POST", "/v1/files", "?name=a.txt", data=b"x", headers=wait)
        await checked(client, "POST", "/v1/files", "?name=a.txt", data=b"x")
        assert (blocked["state"], done["state"]) == ("withheld", "released")
        for template in ("/v1/files/{id}", "/v1/files/{id}/certificate"):
            await checked(client, "GET", template, id=done["id"])
        for path in ("/healthz", "/readyz", "/openapi.json"):
            await checked(client, "GET", path)
        asked = {"consumer": "lgwan", "max": 1, "wait_s": 0, "lease_s": 60}
        lent = await checked(client, "POST", "/v1/deliveries:lease", json=asked, headers=CONSUMER)
        manifest = lent["deliveries"][0]["manifest"]["manifest"]
        held = {"consumer": "lgwan", "lease": manifest["lease"]}
        for verb, more in (("extend", {"lease_s": 9}), ("ack", {"sha256": manifest["sha256"]})):
            template = "/v1/deliveries/{id}:" + verb
            await checked(client, "POST", template, id=manifest["id"], json={**held, **more}, headers=CONSUMER)


async def checked(
    client: aiohttp.ClientSession, method: str, template: str, query: str = "", id: str = "", **options: Any
) -> Any:
    """One request; its answer must be described, and shaped as described."""
    async with client.request(method, template.replace("{id}", id) + query, **options) as response:
        value = await response.json()
        described = OPERATIONS[method, template]["responses"][str(response.status)]
        schema = described["content"][response.content_type]["schema"]
        assert not list(mistakes(value, schema, "$")), list(mistakes(value, schema, "$"))
        return value


def mistakes(value: Any, schema: Any, where: str):
    """Where a value is not as its schema says: the part of JSON Schema that openapi.json uses."""
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        if all(list(mistakes(value, one, where)) for one in schema["anyOf"]):
            yield f"{where}: none of anyOf"
        return
    kinds = schema.get("type", [])
    if kinds and not any(isinstance(value, TYPES[kind]) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        yield f"{where}: {value!r} is no {kinds}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r}"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{where}: {value!r} does not match"
    if isinstance(value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        yield from (f"{where}.{key} is missing" for key in schema.get("required", ()) if key not in value)
        for key, item in value.items():
            if key in properties or isinstance(others, dict):
                yield from mistakes(item, properties.get(key, others), f"{where}.{key}")
            elif others is False:
                yield f"{where}.{key} is not described"
    if isinstance(value, list):
        for n, item in enumerate(value):
            yield from mistakes(item, schema.get("items", {}), f"{where}[{n}]")


TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def test_the_shape_checker_finds_what_is_wrong():
    """A checker that finds nothing would prove nothing."""
    settled = {"$ref": "#/components/schemas/Settled"}
    good = {"id": "0" * 26, "answer": "done"}

    assert not list(mistakes(good, settled, "$"))
    for wrong in ({**good, "more": 1}, {"id": "0" * 26}, {**good, "answer": "perhaps"}, {**good, "id": 5}, []):
        assert list(mistakes(wrong, settled, "$")), wrong
