"""Where the real vendors answer, calls that may change something there are told from those that only read."""

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from emulator.core.routes import SAFE
from emulator.core.vendor import Vendor
from emulator.interception.policy import Head, HostRefused
from emulator.interception.real_vendors import Place, RealVendors, WriteRefused
from emulator.vendors import VENDORS

HOSTS = {
    "treasuredata": "https://us01.p13n.in.treasuredata.com",
    "primedata": "https://live.primedata.ai",
    "algonomy": "https://gateway.richrelevance.com",
    "talonone": "https://acme.europe-west1.talon.one",
}


def policy(*, may_write: bool = False, network: Any = "vendors", **urls: str) -> RealVendors:
    chosen = urls or HOSTS
    places = [Place.of(vendor, chosen[vendor.slug]) for vendor in VENDORS if vendor.slug in chosen]
    return RealVendors(VENDORS, places, may_write, network)


def head(method: str, url: str) -> Head:
    parts = urlsplit(url)
    return Head(parts.scheme, parts.hostname or "", parts.port, method, parts.path, parts.query)


def passes(chosen: RealVendors, method: str, url: str) -> bool:
    try:
        assert chosen.decide(head(method, url)) is None
    except WriteRefused:
        return False
    return True


READING = {
    "POST /pub/profiles/advanced-search",
    "POST /pub/events/advanced-search",
    "POST /profile-command/v1/oauth2/token",
}


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.slug)
def test_what_may_be_called_without_leave(vendor: Vendor) -> None:
    chosen = policy()
    for operation in vendor.routes.operations:
        path = operation.path.replace("{", "").replace("}", "").replace(":path", "")
        reads = operation.method in SAFE or f"{operation.method} {operation.path}" in READING
        method = "PATCH" if operation.method == "*" else operation.method
        assert passes(chosen, method, HOSTS[vendor.slug] + path) is reads, operation.path


def test_the_list_of_vendors_tells_it_too(client: httpx.Client) -> None:
    told = {one["slug"]: one["operations"] for one in client.get("/_emulator/vendors").json()["vendors"]}
    reads = {one["id"]: one["reads"] for operations in told.values() for one in operations}
    assert reads["searchProfiles"] is reads["createToken"] is reads["getCustomerSession"] is True
    assert reads["personalize"] is reads["optOut"] is reads["createReferral"] is False
    assert list(reads["updateCustomerSessionV2"]) == ["dry"]
    assert list(reads["updateCustomerProfileV2"]) == ["dry", "runRuleEngine"]
    assert reads["trackEvent"]["dry"][0] == "true"


@pytest.mark.parametrize(
    ("call", "reads"),
    [
        ("PUT /v2/customer_sessions/s?dry=true", True),
        ("PUT /v2/customer_sessions/s?dry=1&x=2", True),
        ("PUT /v2/customer_sessions/s?x=2&dry=T", True),
        ("PUT /v2/customer_sessions/s?%64ry=true", True),
        ("PUT /v2/customer_sessions/s%2F1?dry=True", True),
        ("PUT /v2/customer_sessions/s?dry=yes", False),
        ("PUT /v2/customer_sessions/s?dry", False),
        ("PUT /v2/customer_sessions/s?dry=true&dry=", False),
        ("PUT /v2/customer_sessions/s?dry=true;x", False),
        ("PUT /v2/customer_sessions/%zz?dry=true", False),
        ("PUT /v2/customer_sessions/s/reopen?dry=true", False),
        ("PUT /v1/customer_sessions/s?dry=true", True),
        ("PUT /v1/customer_profiles/p?dry=true", True),
        ("PUT /v2/customer_profiles/p?dry=true", False),
        ("PUT /v2/customer_profiles/p?dry=true&runRuleEngine=true", True),
        ("PUT /v2/customer_profiles/p?runRuleEngine=true", False),
        ("POST /v1/events?dry=true", True),
        ("POST /v2/events?dry=true", True),
        ("POST /v2/customer_sessions/s/returns?dry=true", True),
        ("POST /v1/referrals?dry=true", False),
        ("DELETE /v1/customer_data/p?dry=true", False),
        ("PUT /v9/whatever?dry=true", False),
        ("GET /v9/whatever", True),
        ("HEAD /v2/customer_sessions/s", True),
        ("OPTIONS /v2/customer_sessions/s", True),
        ("TRACE /v2/customer_sessions/s", False),
    ],
)
def test_a_trial_of_talon_ones_changes_nothing(call: str, reads: bool) -> None:
    method, path = call.split()
    assert passes(policy(), method, HOSTS["talonone"] + path) is reads


TOKEN = "/profile-command/v1/oauth2/token"


@pytest.mark.parametrize(
    ("base", "url", "reads"),
    [
        ("https://qa-gateway.richrelevance.com", f"https://qa-gateway.richrelevance.com{TOKEN}", True),
        ("https://qa-gateway.richrelevance.com", f"https://qa-gateway.richrelevance.com/{TOKEN}/", True),
        ("https://qa-gateway.richrelevance.com", f"http://QA-Gateway.RichRelevance.com.:8080{TOKEN}", True),
        ("http://127.0.0.1:4680/algonomy/qa", f"http://127.0.0.1:4680/algonomy/qa{TOKEN}", True),
        ("http://127.0.0.1:4680/algonomy/", f"http://127.0.0.1:4680/algonomy/qa{TOKEN}", True),
        ("http://127.0.0.1:4680/algonomy", f"http://127.0.0.1:4680{TOKEN}", False),
        ("http://127.0.0.1:4680/algonomy", f"http://127.0.0.1:4680/algonomyx{TOKEN}", False),
        ("http://127.0.0.1:4680/algonomy", "http://127.0.0.1:4680/_emulator/reset", False),
        ("http://127.0.0.1:4680/algonomy", "http://127.0.0.1:4681/_emulator/reset", True),
        ("https://gateway.corp.example/rr", f"https://gateway.corp.example/rr{TOKEN}", True),
        ("https://gateway.corp.example/rr", "https://gateway.corp.example/rr/other", False),
    ],
)
def test_where_a_base_url_leads(base: str, url: str, reads: bool) -> None:
    assert passes(policy(algonomy=base), "POST", url) is reads


def test_several_vendors_at_one_address() -> None:
    chosen = policy(primedata="http://127.0.0.1:1/p", talonone="http://127.0.0.1:1/p/t")
    assert passes(chosen, "POST", "http://127.0.0.1:1/p/pub/events/advanced-search")
    assert passes(chosen, "PUT", "http://127.0.0.1:1/p/t/v2/customer_sessions/s?dry=true")
    with pytest.raises(WriteRefused, match=r"may change what Talon\.One stores"):
        chosen.decide(head("PUT", "http://127.0.0.1:1/p/t/v2/customer_sessions/s"))
    with pytest.raises(WriteRefused, match="may change what PrimeData stores"):
        chosen.decide(head("POST", "http://127.0.0.1:1/p/powehi/smile"))


def test_a_host_with_paths_of_its_own() -> None:
    chosen = policy(primedata="https://powehi.primedata.ai", treasuredata="https://eu01.records.in.treasuredata.com")
    with pytest.raises(WriteRefused, match=r"powehi.primedata.ai/smile \(smile\) may change"):
        chosen.decide(head("POST", "https://powehi.primedata.ai/smile"))
    with pytest.raises(WriteRefused, match=r"/db/table \(importRecords\) may change what Treasure Data stores"):
        chosen.decide(head("POST", "https://eu01.records.in.treasuredata.com/db/table"))


def test_what_is_refused_is_told_and_noted() -> None:
    chosen = policy()
    with pytest.raises(WriteRefused) as known:
        chosen.decide(head("PUT", HOSTS["talonone"] + "/v2/customer_profiles/p"))
    assert str(known.value) == (
        "PUT acme.europe-west1.talon.one/v2/customer_profiles/p (updateCustomerProfileV2) may change what Talon.One "
        "stores, and calls to the real vendors only read. Run with --emulator-allow-writes to let it through, or send "
        "it with ?dry=true&runRuleEngine=true, which stores nothing"
    )
    with pytest.raises(WriteRefused) as unknown:
        chosen.decide(head("POST", HOSTS["primedata"] + "/pub/other"))
    assert str(unknown.value) == (
        "POST live.primedata.ai/pub/other is no operation that the emulator knows of PrimeData, so it may change "
        "what is stored there, and calls to the real vendors only read. Run with --emulator-allow-writes to let it "
        "through"
    )
    assert chosen.refused == [str(known.value), str(unknown.value)]


@pytest.mark.parametrize("host", ["eu01.p13n.in.treasuredata.com", "api.treasuredata.com", "treasuredata.com"])
def test_other_hosts_of_a_vendor_are_refused_as_soon_as_they_are_connected_to(host: str) -> None:
    chosen = policy(may_write=True)
    for asked in (Head("https", host, None), Head("", host, None), head("GET", f"https://{host}/")):
        with pytest.raises(HostRefused, match=f"{host} is a host of Treasure Data's.* TREASUREDATA_BASE_URL names"):
            chosen.decide(asked)
    with pytest.raises(HostRefused, match=r"TALONONE_BASE_URL is not set\. Set TALONONE_BASE_URL=https://x\."):
        policy(primedata=HOSTS["primedata"]).decide(head("GET", "https://x.talon.one/"))


def test_a_connection_to_a_vendor_is_let_through_until_something_is_sent() -> None:
    chosen = policy(network="none")
    for url in HOSTS.values():
        host = urlsplit(url).hostname or ""
        with pytest.raises(
            HostRefused, match=f"{host} is an address of .*, and this call comes from a library whose calls"
        ):
            chosen.decide(Head("", host, None))
        assert chosen.decide(Head("https", host, None)) is None
        assert chosen.decide(Head("", host, 443)) is None
        assert policy(may_write=True).decide(Head("", host, None)) is None


def test_others_are_nobodys_business_unless_no_network_is_wanted() -> None:
    assert passes(policy(), "POST", "https://shop.example/orders")
    assert passes(policy(network="none"), "POST", "http://127.0.0.1:5432/orders")
    with pytest.raises(HostRefused, match=r"shop\.example is none of the vendors that this run calls"):
        policy(network="none").decide(head("GET", "https://shop.example/orders"))
    assert passes(policy(network="none", algonomy="https://rr.corp.example"), "GET", "https://rr.corp.example/x")


def test_with_leave_everything_may_be_written() -> None:
    chosen = policy(may_write=True)
    assert passes(chosen, "POST", HOSTS["talonone"] + "/v9/whatever")
    assert passes(chosen, "DELETE", HOSTS["talonone"] + "/v1/customer_data/p")


@pytest.mark.parametrize(
    "url", ["talon.one", "https://", "mailto:x", "https://x/?a", "https://x/#a", "https://x:99999"]
)
def test_what_is_no_base_url(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - urllib has words of its own for a port
        Place.of(VENDORS[0], url)
