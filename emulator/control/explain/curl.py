"""A call as a command for a shell: pasted, it sends the very bytes."""

import re
import shlex
from dataclasses import dataclass
from urllib.parse import quote

from emulator.core.addressing import DEFAULT_NAMESPACE
from emulator.core.checks import TOKEN, Draft
from emulator.core.request import Request
from emulator.core.vendor import Vendor

_ENDS = " \\\n  "
_PLAIN_HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]+)?|\[[0-9A-Fa-f:]+\](:[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Door:
    """Where the emulator is reached: at the address that the caller used, if that is an address; a vendor's host name
    leads here only from where the caller sits, so that the server's own address stands for it."""

    base: str
    namespace: str
    vendor: Vendor

    @classmethod
    def of(cls, request: Request, namespace: str, vendor: Vendor) -> "Door":
        host = request.header("host") or ""
        name = host.rsplit(":", 1)[0].lower()
        as_typed = request.target.startswith(f"/{vendor.slug}") or request.target.startswith("/ns/")
        if as_typed and _PLAIN_HOST.fullmatch(host) and not name.endswith(".localhost"):
            return cls(request.origin, namespace, vendor)
        server, port = request.server or ("127.0.0.1", None)
        server = f"[{server}]" if ":" in server else server
        return cls(f"{request.scheme}://{server}" + (f":{port}" if port else ""), namespace, vendor)

    def control(self, path: str) -> str:
        return f"{self._root}/_emulator{path}"

    def url(self, draft: Draft) -> tuple[str, str | None]:
        """Where the draft goes, and the Host header that it needs where only a host can name its realm."""
        host = None if not draft.realm or draft.realm in self.vendor.realms else self._host(draft)
        if host is not None:
            pattern, prefix = host
            return f"{self.base}{draft.path.removeprefix(prefix)}{_query(draft)}", pattern
        realm = f"/{draft.realm}" if draft.realm in self.vendor.realms else ""
        return f"{self._root}/{self.vendor.slug}{realm}{draft.path}{_query(draft)}", None

    @property
    def _root(self) -> str:
        return self.base if self.namespace == DEFAULT_NAMESPACE else f"{self.base}/ns/{self.namespace}"

    def _host(self, draft: Draft) -> tuple[str, str] | None:
        for host in self.vendor.hosts:
            if host.realm == draft.realm and draft.path.startswith(host.prefix) and not host.pattern.startswith("*"):
                return host.pattern, host.prefix
        return None


def _query(draft: Draft) -> str:
    return f"?{draft.query}" if draft.query else ""


def command(draft: Draft, door: Door) -> str:
    """The call as curl makes it, and before it the one that fetches its token."""
    if draft.login is None:
        return _call(draft, door)
    read = f"""sed -n 's/.*"{draft.token_member}":"\\([^"]*\\)".*/\\1/p'"""
    return f"TOKEN=$({_call(draft.login, door, silent=True)} | {read})\n{_call(draft, door)}"


def _call(draft: Draft, door: Door, *, silent: bool = False) -> str:
    url, host = door.url(draft)
    words = [f"curl {'-s' if silent else '-i'}{switches(url)} -X {draft.method} {_quoted(_ascii(url))}"]
    if host is not None:
        words.append(f"-H {_quoted(f'Host: {host}')}")
        if door.namespace != DEFAULT_NAMESPACE:
            words.append(f"-H {_quoted(f'X-Emulator-Namespace: {door.namespace}')}")
    words += [f"-H {_quoted(f'{name}: {value}' if value else f'{name};')}" for name, value in draft.headers]
    if draft.body:
        if draft.header("content-type") is None:
            words.append("-H 'Content-Type:'")
        text = _pasteable(draft.body)
        if text is None:
            return f"printf {_quoted(_octal(draft.body))} | {_ENDS.join(words)}{_ENDS}--data-binary @-"
        words.append(f"--data-raw {shlex.quote(text)}")
    return _ENDS.join(words)


def switches(url: str) -> str:
    """curl reads ``[1-3]`` as three calls, resolves ``/../`` itself, and does not know the emulator's own authority."""
    wanted = {
        " -k": url.startswith("https:"),
        " -g": any(letter in url for letter in "[]{}"),
        " --path-as-is": "/." in url,
    }
    return "".join(switch for switch, needed in wanted.items() if needed)


def _ascii(url: str) -> str:
    return quote(url.encode("latin-1"), safe="".join(chr(code) for code in range(33, 127)))


def _quoted(text: str) -> str:
    """The token is the one thing that a shell is to fill in."""
    if TOKEN not in text:
        return shlex.quote(text)
    return '"' + re.sub(r'([\\"`]|\$(?!TOKEN\b))', r"\\\1", text) + '"'


def _pasteable(body: bytes) -> str | None:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() or all(letter.isprintable() or letter in "\n\t" for letter in text) else None


def _octal(body: bytes) -> str:
    return "".join(f"\\{octet:03o}" for octet in body)
