"""Transports that a test is lent for clients of its own. Whoever keeps one longer than the test, in a client of a
module's, say, is told so, rather than let into the world of the next test."""

import httpx

from emulator.interception.httpx_transport import head_of
from emulator.interception.policy import Policy


class Lost(RuntimeError):
    """A transport that was lent to a test is used after it. No library takes it for a network failure to retry."""


class Loan:
    """On what terms the transports of one test are lent."""

    def __init__(self, test: str, policy: Policy) -> None:
        self._test = test
        self._policy = policy
        self._over = False

    def check(self, request: httpx.Request) -> None:
        """Raises `Lost`, or `HostRefused` for what leads nowhere else either."""
        if self._over:
            raise Lost(
                f"this transport was lent to {self._test}, which is over, and it leads into no other test's world: "
                "make the client anew in a fixture that asks for `emulator`, or make it without a transport, since the "
                "vendors' URLs lead to the emulator by themselves"
            )
        self._policy.decide(head_of(request))

    def end(self) -> None:
        self._over = True


class LentTransport(httpx.BaseTransport):
    def __init__(self, transport: httpx.BaseTransport, loan: Loan) -> None:
        self._transport = transport
        self._loan = loan

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._loan.check(request)
        return self._transport.handle_request(request)

    def close(self) -> None:
        self._transport.close()


class LentAsyncTransport(httpx.AsyncBaseTransport):
    def __init__(self, transport: httpx.AsyncBaseTransport, loan: Loan) -> None:
        self._transport = transport
        self._loan = loan

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._loan.check(request)
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()
