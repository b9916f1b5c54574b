"""Algonomy with requests: an opt-out, first in its QA environment, then in production."""

import os
import sys

import requests

GATEWAYS = {
    "QA": ("https://qa-gateway.richrelevance.com", "ALGONOMY_QA"),
    "production": ("https://gateway.richrelevance.com", "ALGONOMY"),
}


def opt_out(gateway: str, account: str, user: str) -> requests.Response:
    service = f"{gateway}/profile-command/v1"
    login = {
        "grant_type": "client_credentials",
        "client_id": os.environ[f"{account}_CLIENT_ID"],
        "client_secret": os.environ[f"{account}_CLIENT_SECRET"],
    }
    token = requests.post(f"{service}/oauth2/token", data=login, timeout=10)
    token.raise_for_status()
    return requests.put(
        f"{service}/{os.environ['ALGONOMY_SITE_ID']}/optOut/{user}",
        json={"type": "optOut", "enableOptOut": True},
        headers={"Authorization": f"Bearer {token.json()['access_token']}"},
        timeout=10,
    )


def main() -> str | None:
    for environment, (gateway, account) in GATEWAYS.items():
        answer = opt_out(gateway, account, "u-1001")
        if not answer.ok:
            return f"requests: Algonomy {environment} answers {answer.status_code}: {answer.text}"
        print(f"requests: Algonomy {environment} opts u-1001 out")
    return None


if __name__ == "__main__":
    sys.exit(main())
