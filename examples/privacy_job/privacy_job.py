"""A nightly job: whoever asked to be forgotten is opted out of personalisation at Algonomy.

    ALGONOMY_CLIENT_ID=… ALGONOMY_CLIENT_SECRET=… ALGONOMY_SITE_ID=… python privacy_job.py < user-ids.txt

An opt-out cannot be taken back. Repeating one does no harm, so what failed tonight is simply tried again tomorrow.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote

import requests
from authlib.integrations.requests_client import OAuth2Session

BASE_URL = "https://gateway.richrelevance.com"
TIMEOUT = 10.0


@dataclass(frozen=True)
class Account:
    client_id: str
    client_secret: str
    site: str
    base_url: str = BASE_URL

    @classmethod
    def from_environment(cls) -> Self:
        return cls(
            client_id=os.environ["ALGONOMY_CLIENT_ID"],
            client_secret=os.environ["ALGONOMY_CLIENT_SECRET"],
            site=os.environ["ALGONOMY_SITE_ID"],
            base_url=os.environ.get("ALGONOMY_BASE_URL", BASE_URL),
        )


@dataclass
class Report:
    opted_out: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class PrivacyJob:
    def __init__(self, account: Account, *, sleep: Callable[[float], object] = time.sleep) -> None:
        self._service = f"{account.base_url}/profile-command/v1"
        self._site = account.site
        self._sleep = sleep
        self._session = OAuth2Session(
            account.client_id,
            account.client_secret,
            token_endpoint=f"{self._service}/oauth2/token",
            token_endpoint_auth_method="client_secret_post",
            grant_type="client_credentials",
        )

    def run(self, user_ids: Iterable[str]) -> Report:
        report = Report()
        for user_id in user_ids:
            try:
                self._opt_out(user_id)
            except requests.RequestException as error:
                report.failed[user_id] = str(error)
            else:
                report.opted_out.append(user_id)
        return report

    def _opt_out(self, user_id: str) -> None:
        if self._session.token is None:
            self._log_in()
        answer = self._put(user_id)
        if answer.status_code == requests.codes.unauthorized:
            self._log_in()  # tokens live for eight hours, and a long batch outlives them
            answer = self._put(user_id)
        if answer.status_code == requests.codes.too_many_requests:
            self._sleep(float(answer.headers.get("Retry-After", 1)))
            answer = self._put(user_id)
        answer.raise_for_status()

    def _log_in(self) -> None:
        self._session.fetch_token(timeout=TIMEOUT)

    def _put(self, user_id: str) -> requests.Response:
        url = f"{self._service}/{self._site}/optOut/{quote(user_id, safe='')}"
        answer: requests.Response = self._session.put(
            url, json={"type": "optOut", "enableOptOut": True}, timeout=TIMEOUT
        )
        return answer


def main() -> int:
    report = PrivacyJob(Account.from_environment()).run(line.strip() for line in sys.stdin if line.strip())
    print(f"{len(report.opted_out)} opted out, {len(report.failed)} failed")
    for user_id, reason in report.failed.items():
        print(f"  {user_id}: {reason}")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
