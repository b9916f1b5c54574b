"""What somebody sees who looks around: the index, health, the vendors, their failures."""

import asyncio

import httpx
import pytest

from emulator import __version__
from emulator.app import Emulator
from emulator.server import Background
from emulator.settings import Options
from emulator.vendors import VENDORS
from tests.toy_server import KEY
from tests.toy_vendor import VENDOR


@pytest.mark.parametrize("path", ["/", "/_emulator/", "/_emulator"])
def test_the_index_lists_every_call(client: httpx.Client, path: str, namespace: str) -> None:
    index = client.get(path).json()
    assert (index["name"], index["version"]) == ("martech-emulator", __version__)
    assert index["namespace"] == namespace
    assert index["vendors"] == {"toybox": f"/ns/{namespace}/toybox"}
    calls = [entry["call"] for entry in index["calls"]]
    assert len(calls) == len(set(calls))
    for call in (
        "GET /_emulator/", "GET /_emulator/health", "GET /_emulator/ready", "GET /_emulator/vendors",
        "GET /_emulator/errors", "POST /_emulator/reset", "GET /_emulator/scenarios", "POST /_emulator/scenarios",
        "GET /_emulator/state", "GET /_emulator/clock", "PUT /_emulator/clock", "POST /_emulator/clock/advance",
        "POST /_emulator/faults", "GET /_emulator/faults", "DELETE /_emulator/faults/{fault_id}",
        "DELETE /_emulator/faults", "GET /_emulator/requests", "GET /_emulator/requests/{request_id}",
        "DELETE /_emulator/requests", "GET /_emulator/limits", "PATCH /_emulator/limits", "GET /_emulator/settings",
        "PATCH /_emulator/settings", "GET /_emulator/namespaces", "DELETE /_emulator/namespaces/{name}",
        "GET /_emulator/openapi/{slug}.json", "POST /_emulator/vendors/{slug}/{name}",
    ):  # fmt: skip
        assert call in calls
    assert all(entry["does"] for entry in index["calls"])


def test_the_index_of_the_default_namespace_has_the_short_paths(server: Background) -> None:
    index = httpx.get(server.url).json()
    assert (index["namespace"], index["vendors"]) == ("default", {"toybox": "/toybox"})


def test_every_listed_call_without_a_body_answers(client: httpx.Client) -> None:
    for entry in client.get("/").json()["calls"]:
        method, path = entry["call"].split(" ")
        if method == "GET" and "{" not in path:
            assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("name", ["health", "ready"])
def test_a_running_emulator_is_healthy_and_ready(client: httpx.Client, name: str) -> None:
    answer = client.get(f"/_emulator/{name}")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "ready": True, "version": __version__})


def test_before_the_scenario_is_loaded_it_is_healthy_but_not_ready() -> None:
    starting = Emulator(Options(), vendors=(VENDOR,))

    async def call(path: str) -> int:
        transport = httpx.ASGITransport(starting)
        async with httpx.AsyncClient(transport=transport, base_url="http://emulator") as client:
            return (await client.get(path)).status_code

    paths = ("/_emulator/health", "/_emulator/ready", "/_emulator/clock", "/toybox/shelf/bear", "/_emulator/errors")
    assert [asyncio.run(call(path)) for path in paths] == [200, 503, 503, 503, 200]


def test_a_vendor_is_described_as_its_descriptor_says(client: httpx.Client) -> None:
    (toybox,) = client.get("/_emulator/vendors").json()["vendors"]
    assert (toybox["slug"], toybox["title"], toybox["api"]) == ("toybox", "Toybox", "Toy API")
    assert toybox["mounts"] == [
        "/toybox", "/ns/{namespace}/toybox", "/toybox/eu", "/ns/{namespace}/toybox/eu", "/toybox/us",
        "/ns/{namespace}/toybox/us",
    ]  # fmt: skip
    assert toybox["hosts"] == [
        "toybox.localhost", "{namespace}.toybox.localhost", "api.toybox.example", "*.eu.toybox.example",
    ]  # fmt: skip
    assert [(one["id"], one["method"], one["path"], one["level"]) for one in toybox["operations"]] == [
        ("makeKey", "POST", "/keys", "documented"),
        ("putToy", "PUT", "/shelf/{name}", "documented"),
        ("getToy", "GET", "/shelf/{name}", "documented"),
        ("listTwins", "GET", "/shelf/{name}/twins", "documented"),
    ]
    (limit,) = toybox["limits"]
    assert (limit["name"], limit["quota"], limit["window_seconds"], limit["kind"]) == ("calls", 5, 1.0, "fixed")
    assert toybox["credentials"] == [{"name": "maker", "header": "Authorization: Toy k-1"}]
    assert toybox["settings"] == [
        {"name": "calls_per_second", "value": 5, "default": 5, "says": "Calls per second and key; 0 is unlimited."}
    ]
    assert toybox["controls"] == [
        {"call": "POST /_emulator/vendors/toybox/price", "does": "what a number of toys costs"}
    ]


def test_every_mount_leads_to_the_vendor(client: httpx.Client, server: Background, namespace: str) -> None:
    (toybox,) = client.get("/_emulator/vendors").json()["vendors"]
    client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", "enabled": False})
    for mount in toybox["mounts"]:
        path = mount.replace("{namespace}", namespace)
        answer = httpx.get(f"{server.url}{path}/shelf/bear", headers={**KEY, "X-Emulator-Namespace": namespace})
        assert answer.status_code == 200, mount


def test_the_listed_credentials_work(client: httpx.Client) -> None:
    (toybox,) = client.get("/_emulator/vendors").json()["vendors"]
    name, _, value = toybox["credentials"][0]["header"].partition(": ")
    assert client.get("/toybox/shelf/bear", headers={name: value}).status_code == 200


def test_every_failure_is_listed_as_it_is_when_provoked(client: httpx.Client) -> None:
    errors = client.get("/_emulator/errors?vendor=toybox").json()["errors"]
    assert [error["name"] for error in errors] == [failure.name for failure in VENDOR.failures]
    for error in errors:
        answer = client.get("/toybox/shelf/bear", headers={**KEY, "X-Emulator-Fault": error["name"]})
        assert answer.status_code == error["status"]
        assert answer.json() == error["body"]
        assert answer.headers["x-emulator-provenance"] == error["provenance"]
        for name, value in error["headers"]:
            assert answer.headers[name] == value


def test_a_failure_says_how_it_is_known(client: httpx.Client) -> None:
    errors = {error["name"]: error for error in client.get("/_emulator/errors").json()["errors"]}
    assert errors["lost"] == {
        "vendor": "toybox",
        "name": "lost",
        "status": 404,
        "headers": [["content-type", "application/json"]],
        "body": {"no": "lost", "toy": "bear"},
        "provenance": "documented",
        "source": "manual 2",
        "says": "There is no toy of that name.",
        "keeps_rows": False,
        "strikes_at": None,
        "operations": ["putToy", "getToy"],
    }
    assert (errors["jammed"]["keeps_rows"], errors["jammed"]["strikes_at"]) == (True, "stored")


def test_the_real_vendors_can_be_looked_at_in_every_way() -> None:
    with Background(Options(port=0)) as running, httpx.Client(base_url=f"{running.url}/_emulator") as client:
        slugs = [vendor.slug for vendor in VENDORS]
        assert [vendor["slug"] for vendor in client.get("/vendors").json()["vendors"]] == slugs
        assert list(client.get("/settings").json()["settings"]) == slugs
        assert list(client.get("/state").json()["vendors"]) == slugs
        errors = client.get("/errors").json()["errors"]
        limits = client.get("/limits").json()["limits"]
        assert len(errors) == sum(len(vendor.failures) for vendor in VENDORS)
        assert len(limits) == sum(len(vendor.limits) for vendor in VENDORS)
        assert all(client.get(f"/openapi/{slug}.json").status_code == 200 for slug in slugs)
