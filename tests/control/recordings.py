"""A journal as a file, and what becomes of it: for the tests of both."""

import json
from typing import Any

import httpx

from tests.toy_server import KEY

Lines = list[dict[str, Any]]


def exported(client: httpx.Client, query: str = "") -> Lines:
    answer = client.get(f"/_emulator/requests/export{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    assert answer.text.endswith("\n")
    return [json.loads(line) for line in answer.text.splitlines()]


def file_of(lines: Lines) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def replayed(client: httpx.Client, lines: Lines) -> dict[str, Any]:
    answer = client.post("/_emulator/replay", content=file_of(lines))
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def refused(client: httpx.Client, content: bytes) -> str:
    answer = client.post("/_emulator/replay", content=content)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), answer.text
    sentence: str = answer.json()["detail"]
    return sentence


def day(client: httpx.Client) -> httpx.Client:
    """Accepted and refused calls, an issued key that is used, and time that passes."""
    key = client.post("/toybox/keys").json()["key"]
    issued = {"Authorization": f"Toy {key}"}
    client.put("/toybox/shelf/duck", headers=issued, json={"price": 3})
    client.post("/_emulator/clock/advance", json={"seconds": 90})
    client.put("/toybox/eu/shelf/duck%2Fgoose", headers=KEY, content=b'{ "price" : 4, "colours": ["r\\u00f6t"] }')
    client.get("/toybox/shelf/duck", headers={"Authorization": "Toy nobody-has-this-key"})
    client.get("/toybox/shelf/duck?token=unknown-token-123", headers=issued)
    client.put("/toybox/shelf/grenade", headers=KEY, json={"price": 1})
    client.put("/toybox/shelf/owl", headers=KEY, content=b"\xff\xfe no text")
    client.get("/toybox/nowhere", headers=KEY)
    client.get("/toybox/shelf/fox/twins?limit=3", headers=KEY)
    return client
