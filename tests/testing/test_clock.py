"""``emulator.clock``: the time of a test's world, moved and told."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from emulator.app import Emulator
from emulator.client import Refused
from emulator.direct import DirectClient
from emulator.settings import Options
from emulator.testing import Clock
from tests.testing.conftest import Run

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    """Of a world that stands still at nine."""
    emulator = Emulator(Options(scenario="empty"))
    emulator.prepare()
    clock = Clock(DirectClient(emulator))
    clock.freeze(NINE)
    return clock


def test_eight_hours_pass_at_once_and_a_token_has_expired(run: Run) -> None:
    run("""
        import httpx, pytest

        QA = "https://qa-gateway.richrelevance.com/profile-command/v1"
        GRANT = {
            "grant_type": "client_credentials",
            "client_id": "5934de97c95e1ced",
            "client_secret": "2l9dr0jkink11ad49hg93it52d",
        }

        @pytest.mark.emulator(clock="2026-01-05T09:00:00Z")
        def test_it(emulator):
            token = httpx.post(f"{QA}/oauth2/token", data=GRANT).json()["access_token"]

            def opt_out():
                headers = {"Authorization": f"Bearer {token}"}
                body = {"type": "optOut", "enableOptOut": True}
                return httpx.put(f"{QA}/4faeaf752ee40a0f/optOut/u-1001", headers=headers, json=body).status_code

            assert opt_out() == 200
            emulator.clock.advance(hours=8, seconds=1)
            assert opt_out() == 401
            emulator.clock.advance(hours=-2)
            assert opt_out() == 200
    """).assert_outcomes(passed=1)


def test_it_tells_a_moment_that_compares(clock: Clock) -> None:
    assert clock.now == NINE
    assert clock.now.tzinfo is UTC
    assert clock.now < NINE + timedelta(microseconds=1)
    assert clock.now == datetime(2026, 1, 5, 10, tzinfo=timezone(timedelta(hours=1)))
    assert repr(clock) == "<Clock, frozen: 2026-01-05T09:00:00Z>"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"hours": 8}, 28_800),
        ({"weeks": 1, "days": 1, "minutes": 1.5}, 8 * 86_400 + 90),
        ({"seconds": -0.5}, -0.5),
        ({"by": timedelta(hours=8)}, 28_800),
        ({"by": timedelta(hours=8), "seconds": 1}, 28_801),
        ({"days": 0}, 0),
        ({"by": timedelta(days=100_000, microseconds=1)}, 8_640_000_000.000_001),
    ],
)
def test_it_advances_and_says_the_new_moment(clock: Clock, said: dict, seconds: float) -> None:
    assert clock.advance(**said) == NINE + timedelta(seconds=seconds)
    assert clock.now == NINE + timedelta(seconds=seconds)
    assert clock.mode == "frozen"


def test_it_stands_still_where_it_is_told(clock: Clock) -> None:
    assert clock.freeze(datetime(2030, 6, 1, 12, tzinfo=timezone(timedelta(hours=2)))).isoformat() == (
        "2030-06-01T10:00:00+00:00"
    )
    assert clock.freeze("2030-06-02").day == 2
    assert clock.freeze("+3d").day == 5
    assert clock.freeze().day == 5
    assert clock.mode == "frozen"


def test_it_runs_on_from_another_moment_or_is_the_machine_s(clock: Clock) -> None:
    assert clock.shift(NINE) >= NINE
    assert clock.mode == "shifted"
    assert clock.now < NINE + timedelta(hours=1)
    before = datetime.now(UTC)
    assert clock.real() >= before
    assert clock.mode == "real"
    assert clock.advance(hours=1) > before + timedelta(minutes=59)
    assert clock.mode == "shifted"
    assert clock.freeze() > before
    assert clock.mode == "frozen"


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (
            lambda clock: clock.advance(28_801),
            TypeError,
            "advance(28801) does not say of what: write advance(seconds=28801), or advance(timedelta(…))",
        ),
        (
            lambda clock: clock.advance(hours="8"),
            TypeError,
            "hours='8' is no number: write emulator.clock.advance(hours=8)",
        ),
        (
            lambda clock: clock.advance(days=True),
            TypeError,
            "days=True is no number: write emulator.clock.advance(days=8)",
        ),
        (
            lambda clock: clock.advance(seconds=float("nan")),
            ValueError,
            "advance(seconds=nan) leads out of the calendar",
        ),
        (
            lambda clock: clock.advance(days=float("-inf"), hours=1),
            ValueError,
            "advance(days=-inf, hours=1) leads out of the calendar",
        ),
        (lambda clock: clock.advance(weeks=10**300), ValueError, f"advance(weeks={10**300}) leads out of the calendar"),
        (lambda clock: clock.advance(days=-999_999), Refused, "seconds: the moment lies outside the years 1 to 9999"),
        (
            lambda clock: clock.freeze(datetime(2026, 1, 5)),
            ValueError,
            "datetime.datetime(2026, 1, 5, 0, 0) has no time zone: write datetime(…, tzinfo=UTC)",
        ),
        (
            lambda clock: clock.freeze("soon"),
            Refused,
            "now: 'soon' is not a moment: write 2026-01-05T09:00:00Z, 2026-01-05, or a distance such as -3d",
        ),
        (
            lambda clock: clock.freeze(5),
            TypeError,
            "5 is no moment: give a datetime with its time zone, or 2026-01-05T09:00:00Z",
        ),
        (
            lambda clock: clock.shift(None),
            Refused,
            "now: mode shifted needs now, the moment from which the clock runs on",
        ),
        (
            lambda clock: clock.freeze(datetime.min.replace(tzinfo=timezone(timedelta(hours=5)))),
            ValueError,
            "datetime.datetime(1, 1, 1, 0, 0, tzinfo=datetime.timezone(datetime.timedelta(seconds=18000))) lies "
            "outside the years 1 to 9999 of UTC",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_the_clock_stays(clock: Clock, call, error, sentence: str) -> None:
    with pytest.raises(error) as caught:
        call(clock)
    assert str(caught.value) == sentence
    assert clock.now == NINE
    assert clock.mode == "frozen"
