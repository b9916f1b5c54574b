"""A night's work: everybody is opted out, also when the token dies on the way, and who could not be is named."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from authlib.integrations.base_client import OAuthError
from privacy_job import Account, PrivacyJob

from emulator.testing import Algonomy, Emulator


@pytest.fixture
def account(algonomy: Algonomy) -> Account:
    return Account(algonomy.client_id, algonomy.client_secret, algonomy.site_id, algonomy.production_url)


@pytest.fixture
def job(account: Account, emulator: Emulator) -> PrivacyJob:
    """It waits in the emulator's time, which is for nothing."""
    return PrivacyJob(account, sleep=lambda seconds: emulator.clock.advance(seconds=seconds))


def test_whoever_asked_is_opted_out(job: PrivacyJob, algonomy: Algonomy) -> None:
    report = job.run(["ana@example.com", "Zoë / 100 %"])
    assert report.opted_out == ["ana@example.com", "Zoë / 100 %"]
    assert {"ana@example.com", "Zoë / 100 %"} <= algonomy.opted_out()


def test_one_token_will_do(job: PrivacyJob, emulator: Emulator) -> None:
    job.run(f"u-{number}" for number in range(20))
    emulator.assert_called("algonomy", "createToken", times=1)
    emulator.assert_called("algonomy", "optOut", user_id="u-7", times=1)


def test_a_batch_may_outlive_its_token(job: PrivacyJob, emulator: Emulator) -> None:
    def slowly() -> Iterator[str]:
        yield "u-1"
        emulator.clock.advance(hours=8, seconds=1)
        yield "u-2"

    assert job.run(slowly()).opted_out == ["u-1", "u-2"]
    emulator.assert_called("algonomy", "createToken", times=2)
    assert [call.status for call in emulator.requests("algonomy", "optOut")] == [200, 401, 200]


@pytest.mark.emulator(clock="2026-01-05T02:00:00Z")
def test_the_hundred_and_first_in_a_second_waits(job: PrivacyJob, emulator: Emulator) -> None:
    report = job.run(f"u-{number}" for number in range(101))
    assert len(report.opted_out) == 101
    assert [call.status for call in emulator.requests("algonomy", "optOut")][-2:] == [429, 200]


def test_who_could_not_be_is_named(job: PrivacyJob, emulator: Emulator, algonomy: Algonomy) -> None:
    emulator.fail("algonomy", "optOut", status=504, times=1)
    report = job.run(["u-1", "u-2"])
    assert report.opted_out == ["u-2"]
    assert report.failed["u-1"].startswith("504")
    assert not algonomy.is_opted_out("u-1")


def test_without_credentials_there_is_no_job(account: Account, emulator: Emulator) -> None:
    with pytest.raises(OAuthError, match="invalid_client"):
        PrivacyJob(replace(account, client_secret="mistyped")).run(["u-1"])
    emulator.assert_not_called("algonomy", "optOut")
