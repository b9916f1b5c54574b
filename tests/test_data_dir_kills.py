"""Killed at any moment, whatever it is doing: what was acknowledged is there, and nothing is there by halves."""

import random
import threading
import time
from pathlib import Path

import httpx

from tests.lives import process

CONTROL = "/_emulator"
_BASE = "/algonomy/qa/profile-command/v1"
_PAIRS = ("left", "right")


def scenario(name: str) -> dict[str, object]:
    """Its rows tell its name, many times over."""
    clients = [{"client_id": f"{name}-{number}", "client_secret": "s", "sites": []} for number in range(300)]
    return {"name": name, "algonomy": {"environments": {"qa": {"clients": clients}}}}


class Story:
    """What has been acknowledged to somebody who does one thing after the other in some namespaces of its own."""

    def __init__(self) -> None:
        self.done = 0

    def go_on(self, url: str) -> None:
        """Until nobody answers any more."""
        try:
            with httpx.Client(base_url=url, timeout=10) as client:
                self.begin(client)
                while True:
                    self.step(client, self.done + 1)
                    self.done += 1
        except httpx.TransportError:
            return

    def begin(self, client: httpx.Client) -> None:
        """Of a life."""

    def step(self, client: httpx.Client, number: int) -> None:
        raise NotImplementedError

    def check(self, client: httpx.Client) -> None:
        """The step after the last one that was acknowledged may have happened too, or not."""
        raise NotImplementedError

    def among(self, found: int) -> None:
        assert found in (self.done, self.done + 1), f"{found} after {self.done} acknowledged"
        self.done = found


class Rows(Story):
    """Calls of a vendor's, and now and then a snapshot and the end of one."""

    def begin(self, client: httpx.Client) -> None:
        query = "grant_type=client_credentials&client_id=5934de97c95e1ced&client_secret=2l9dr0jkink11ad49hg93it52d"
        token = client.post(f"/ns/rows{_BASE}/oauth2/token?{query}").raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"

    def step(self, client: httpx.Client, number: int) -> None:
        url = f"/ns/rows{_BASE}/4faeaf752ee40a0f/optOut/user-{number}"
        client.put(url, json={"type": "optOut", "enableOptOut": True}).raise_for_status()
        if number % 20 == 0:
            client.post(f"/ns/rows{CONTROL}/snapshots", json={"name": f"s{number}"}).raise_for_status()
            client.delete(f"/ns/rows{CONTROL}/snapshots/s{number - 20}")

    def check(self, client: httpx.Client) -> None:
        tables = client.get(f"/ns/rows{CONTROL}/state?vendor=algonomy").json()["vendors"]["algonomy"]
        users = {row["user_id"] for row in tables["opt_outs"] if row["user_id"].startswith("user-")}
        assert users >= {f"user-{number}" for number in range(1, self.done + 1)}
        self.among(len(users))


class Whole(Story):
    """A world that is now this scenario and now that one, with all that is in it."""

    def step(self, client: httpx.Client, number: int) -> None:
        name = _PAIRS[number % 2]
        if number <= 2 or number % 6 < 2:
            client.post(f"/ns/whole{CONTROL}/scenarios", json=scenario(name)).raise_for_status()
            client.post(f"/ns/whole{CONTROL}/snapshots", json={"name": name}).raise_for_status()
        elif number % 6 < 4 or client.post(f"/ns/whole{CONTROL}/snapshots/{name}/restore").is_error:
            client.post(f"/ns/whole{CONTROL}/reset", json={"scenario": name}).raise_for_status()

    def check(self, client: httpx.Client) -> None:
        state = client.get(f"/ns/whole{CONTROL}/state?vendor=algonomy").json()
        clients = [row["client_id"] for row in state["vendors"]["algonomy"]["clients"]]
        if state["scenario"] == "demo":
            assert self.done == 0
            return
        assert sorted(clients) == sorted(f"{state['scenario']}-{number}" for number in range(300))
        self.among(self.done if _PAIRS[self.done % 2] == state["scenario"] else self.done + 1)


class Moments(Story):
    """A clock that is put forward a second at a time."""

    def step(self, client: httpx.Client, number: int) -> None:
        order = {"mode": "frozen", "now": f"+{number}s"}
        if number == 1:
            client.put(f"/ns/moments{CONTROL}/clock", json={**order, "now": "1970-01-01T00:00:01Z"}).raise_for_status()
        else:
            client.post(f"/ns/moments{CONTROL}/clock/advance", json={"seconds": 1}).raise_for_status()

    def check(self, client: httpx.Client) -> None:
        clock = client.get(f"/ns/moments{CONTROL}/clock").json()
        if clock["mode"] == "frozen":
            hours, minutes, seconds = map(int, clock["now"][11:19].split(":"))
            self.among((hours * 60 + minutes) * 60 + seconds)
        else:
            assert self.done == 0


class Places(Story):
    """Namespaces that come and go: after an even number of steps there is none of a pair's."""

    def step(self, client: httpx.Client, number: int) -> None:
        name = f"place-{(number - 1) // 2}"
        if number % 2:
            client.get(f"/ns/{name}{CONTROL}/clock").raise_for_status()
        else:
            client.delete(f"{CONTROL}/namespaces/{name}").raise_for_status()

    def check(self, client: httpx.Client) -> None:
        names = client.get(f"{CONTROL}/namespaces").json()["namespaces"]
        places = [name for name in names if name.startswith("place-")]
        assert len(places) <= 1
        self.among(2 * int(places[0][6:]) + 1 if places else self.done + self.done % 2)


def test_nothing_that_was_acknowledged_is_lost_and_nothing_is_torn(tmp_path: Path) -> None:
    chance = random.Random(20260105)
    stories: list[Story] = [Rows(), Whole(), Moments(), Places()]
    for life in range(6):
        with process(tmp_path) as one:
            if life % 3 == 2:  # in the middle of starting
                time.sleep(chance.uniform(0.1, 0.9))
                one.kill()
                continue
            with httpx.Client(base_url=one.url, timeout=30) as client:
                assert client.get(f"{CONTROL}/namespaces").json()["set_aside"] == []
                for story in stories:
                    story.check(client)
            threads = [threading.Thread(target=story.go_on, args=(one.url,)) for story in stories]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.1, 0.9))
            if life % 3 == 1:  # in the middle of ending
                one.child.terminate()
                time.sleep(chance.uniform(0, 0.1))
            one.kill()
            for thread in threads:
                thread.join(30)
    assert all(story.done > 3 for story in stories), [story.done for story in stories]
    with process(tmp_path) as one, httpx.Client(base_url=one.url, timeout=30) as client:
        for story in stories:
            story.check(client)
        assert one.end() == ""
    assert {file.suffix for file in (tmp_path / "namespaces").iterdir()} == {".sqlite"}
    assert not (tmp_path / "damaged").exists()
