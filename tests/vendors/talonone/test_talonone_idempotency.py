"""Idempotency-Key on the writes of V2."""

import pytest

from emulator.core.errors import Level

KEY = "ab" * 32
OTHER_KEY = "cd" * 32
DAY = 86_400_000_000
SESSION = "/v2/customer_sessions/s-1"
BODY = {"customerSession": {"profileId": "ana"}, "responseContent": ["customerSession", "event"]}


def rows(world, name):
    return world.store.dump(next(table for table in world.store.tables if table.name == f"talonone_{name}"))


@pytest.fixture
def write(shop, world):
    world.clock.set("frozen", 1_767_603_600_000_000)

    def send(method="PUT", path=SESSION, body=BODY, *, idempotency="key-1", key=KEY, **headers):
        return shop.call(method, path, body, key=key, headers={"Idempotency-Key": idempotency, **headers})

    return send


WRITES = [
    ("PUT", SESSION, BODY, 200),
    ("PUT", "/v2/customer_profiles/ana", {"attributes": {"Name": "Ana"}}, 200),
    ("POST", "/v2/events", {"type": "viewed_page", "profileId": "ana"}, 204),
    ("POST", "/v2/events?silent=no", {"type": "viewed_page", "profileId": "ana", "responseContent": ["event"]}, 200),
    ("POST", "/v2/customer_sessions/done/returns", {"return": {"returnedCartItems": [{"position": 0}]}}, 200),
    ("PUT", "/v2/customer_sessions/done/reopen", None, 200),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), WRITES)
def test_the_same_request_again_is_answered_as_the_first_time_and_does_nothing(
    shop, write, world, method, path, body, status
):
    shop.session("done", cartItems=[{"sku": "a", "quantity": 1, "price": 1}], state="closed")
    first = write(method, path, body)
    before = {table.name: world.store.dump(table) for table in world.store.tables}
    world.clock.advance(1_000_000)
    second = write(method, path, body)
    assert first.status_code == second.status_code == status, first.text
    assert first.content == second.content
    assert first.headers.get("content-type") == second.headers.get("content-type")
    weakest = Level(first.headers["x-emulator-provenance"]).weaker(Level.INFERRED)
    assert second.headers["x-emulator-provenance"] == weakest
    assert {table.name: world.store.dump(table) for table in world.store.tables} == before


@pytest.mark.parametrize(("method", "path", "body", "status"), WRITES[:3])
def test_without_a_key_a_request_happens_every_time(shop, world, method, path, body, status):
    for _ in range(2):
        assert shop.call(method, path, body).status_code == status
    assert rows(world, "kept_answers") == []


def test_an_empty_key_is_none(write):
    counts = [write(idempotency="").json()["customerSession"]["updateCount"] for _ in range(2)]
    assert counts == [1, 2]


@pytest.mark.proves("talonone.idempotency")
def test_an_answer_is_kept_for_24_hours_of_the_worlds_clock(write, world):
    def count():
        return write().json()["customerSession"]["updateCount"]

    assert count() == 1
    world.clock.advance(DAY - 1)
    assert count() == 1
    world.clock.advance(1)
    assert count() == 2
    world.clock.advance(DAY - 1)
    assert count() == 2


def test_old_answers_are_forgotten(write, world):
    write(idempotency="one")
    world.clock.advance(DAY)
    write(idempotency="two")
    assert [row["key"] for row in rows(world, "kept_answers")] == ["two"]


def test_another_key_is_another_request(write):
    counts = [write(idempotency=key).json()["customerSession"]["updateCount"] for key in ("a", "b", "A", "a")]
    assert counts == [1, 2, 3, 1]


def test_keys_are_of_one_application(write):
    assert write().json()["customerSession"]["applicationId"] == 7
    assert write(key=OTHER_KEY).json()["customerSession"]["applicationId"] == 8


OTHER_BODY = {**BODY, "customerSession": {"profileId": "bob"}}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", SESSION, OTHER_BODY),
        ("PUT", "/v2/customer_sessions/s-2", BODY),
        ("PUT", f"{SESSION}?now=", BODY),
        ("PUT", f"{SESSION}/reopen", None),
    ],
)
def test_a_key_that_belongs_to_another_request_is_refused(write, world, method, path, body):
    write()
    before = {table.name: world.store.dump(table) for table in world.store.tables}
    response = write(method, path, body)
    assert response.status_code == 400
    if "now" not in path:
        assert response.json() == {
            "message": "The submitted data was invalid",
            "errors": [
                {
                    "title": "Conflict",
                    "details": "This key belongs to another request.",
                    "source": {"parameter": "Idempotency-Key"},
                }
            ],
        }
    assert {table.name: world.store.dump(table) for table in world.store.tables} == before


@pytest.mark.proves("talonone.error.idempotency_key_reused", "talonone.idempotency")
def test_the_refusal_has_a_status_code_where_others_of_the_operation_have(write):
    write()
    assert write("PUT", "/v2/customer_profiles/ana", {}).json()["StatusCode"] == 400


def test_json_that_says_the_same_is_the_same(client, shop):
    headers = {"Authorization": f"ApiKey-v1 {KEY}", "Idempotency-Key": "key-1"}
    bodies = [
        b'{"customerSession":{"profileId":"ana","identifiers":["\xc3\xa9"]},"responseContent":["customerSession"]}',
        b'{ "responseContent": ["customerSession"], "customerSession": {"identifiers":["\\u00e9"],"profileId":"ana"}}',
    ]
    answers = [client.put(f"/talonone{SESSION}", content=body, headers=headers) for body in bodies]
    assert answers[0].json()["customerSession"]["updateCount"] == 1
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    "number",
    [255, pytest.param(256, marks=pytest.mark.proves("talonone.error.idempotency_key_too_long"))],
)
@pytest.mark.parametrize(("method", "path", "body", "status"), WRITES)
def test_a_key_has_at_most_255_characters(shop, write, number, method, path, body, status):
    shop.session("done", cartItems=[{"sku": "a", "quantity": 1, "price": 1}], state="closed")
    response = write(method, path, body, idempotency="k" * number)
    if number == 255:
        assert response.status_code == status
        return
    assert response.status_code == 400
    answer = response.json()
    assert answer.pop("StatusCode", None) == (None if "customer_sessions" in path else 400)
    assert answer == {
        "message": "The submitted data was invalid",
        "errors": [
            {
                "title": "maxLength",
                "details": "String length must be less than or equal to 255",
                "source": {"parameter": "Idempotency-Key"},
            }
        ],
    }


def test_what_was_refused_is_not_kept(write):
    wrong = {"customerSession": {"attributes": {"Nope": 1}}}
    assert write(body=wrong).status_code == 400
    assert write().status_code == 200


def test_a_failure_that_was_asked_for_is_not_kept(write):
    assert write(**{"X-Emulator-Fault": "too_many_requests_for_session"}).status_code == 409
    assert write().json()["customerSession"]["updateCount"] == 1


def test_an_answer_that_got_lost_is_given_again(client, write):
    with pytest.raises(Exception, match=r"peer closed|incomplete|disconnected"):
        write(**{"X-Emulator-Fault": "truncate"})
    assert write().json()["customerSession"]["updateCount"] == 1


def test_a_dry_run_neither_keeps_nor_looks(write, world):
    assert write().json()["customerSession"]["updateCount"] == 1
    assert write(path=f"{SESSION}?dry=true").json()["customerSession"]["updateCount"] == 2
    assert write(path=f"{SESSION}?dry=true", idempotency="dry").status_code == 200
    assert [row["key"] for row in rows(world, "kept_answers")] == ["key-1"]


@pytest.mark.parametrize("path", ["/v1/customer_sessions/s-1", "/v1/customer_profiles/ana"])
def test_v1_knows_no_keys(write, world, path):
    events = [write("PUT", path, {}).json()["event"]["id"] for _ in range(2)]
    assert events == [1, 2]
    assert rows(world, "kept_answers") == []


def test_a_reset_forgets_all_answers(client, write, world):
    write()
    assert client.post("/_emulator/reset", json={}).status_code == 204
    assert rows(world, "kept_answers") == []
