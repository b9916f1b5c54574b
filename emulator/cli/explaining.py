"""``explain``: why a call was answered as it was."""

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from emulator.cli import speech, suggestions
from emulator.cli.parameters import HELP, control
from emulator.cli.verbs import CONTROL_TOKEN, URL, Verb

if TYPE_CHECKING:
    from emulator.client import Client

LAST = "last"
_LONGEST_BODY = 2_000
_REFUSED = 400
_EXPLAIN_URL = re.compile(r"(https?://[^/]+(?:/.*)?)/_emulator/requests/([^/]+)(?:/explain)?/?")
_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "bright_black")}


@click.command(
    cls=Verb,
    context_settings=HELP,
    examples=(
        ("martech-emulator explain last", "the last refused call"),
        ("martech-emulator explain 1", "the call whose answer had X-Emulator-Request-Id: 1"),
        ("martech-emulator explain last --json", "for programs"),
    ),
)
@click.argument("call", metavar="ID|last|URL", shell_complete=suggestions.calls)
@control
@click.pass_context
def explain(ctx: click.Context, client: "Client", call: str) -> None:
    """Tell why a call was answered as it was.

    What came, with credentials masked; the checks in order, up to the first that failed; the likely cause; and where
    there is one, a corrected curl command that works when pasted.

    CALL is a request id, `last` for the last call that was refused, or the URL of a refusal's X-Emulator-Explain.
    """
    if linked := _EXPLAIN_URL.fullmatch(call):
        from emulator.client import Client

        client, call = Client(linked[1], token=ctx.meta.get(CONTROL_TOKEN)), linked[2]
        ctx.meta[URL] = linked[1]
    told = client.explain(_last(client) if call == LAST else call)
    speech.answer(told, "\n".join(_lines(told)))


def _last(client: "Client") -> str:
    """The id of the newest call that was refused."""
    classes = (client.requests(status=status, limit=1)["requests"] for status in ("4xx", "5xx"))
    ids = [int(found[0]["id"]) for found in classes if found]
    if not ids:
        sentence = "no call in the journal was refused; `martech-emulator requests` shows what there is"
        speech.refuse({"type": "about:blank", "title": "Nothing refused", "detail": sentence}, [sentence])
    return str(max(ids))


def _lines(told: dict[str, Any]) -> list[str]:
    request = told["request"]
    sections = [
        _heading(told, request),
        ["received", *_received(request["request"])],
        ["checks", *_checks(told["checks"])],
        ["cause", f"  {speech.printable(told['cause'])}"] if told["cause"] else [],
        ["remarks", *(f"  - {speech.printable(one)}" for one in told["remarks"])] if told["remarks"] else [],
        _provenance(told["provenance"]),
        _correction(told["correction"]),
    ]
    shown = [[click.style(title, bold=True), *lines] for title, *lines in filter(None, sections)]
    return "\n\n".join("\n".join(section) for section in shown).split("\n")


def _heading(told: dict[str, Any], request: dict[str, Any]) -> list[str]:
    status = request["status"]
    colour = "red" if status >= _REFUSED else "green"
    words = [told["outcome"], told["refusal"] or "", f"fault {request['fault']}" if request["fault"] else ""]
    outcome = click.style(f"{status} " + ", ".join(filter(None, words)), fg=colour)
    operation = request["operation"] or "no operation"
    return [
        f"{request['id']}  {request['method']} {speech.printable(request['path'])}",
        f"  {request['vendor']}, {operation}, at {request['at']}",
        f"  {outcome}",
    ]


def _received(request: dict[str, Any]) -> list[str]:
    query = [f"?{request['query']}"] if request["query"] else []
    body = request["body"]
    text = "" if body is None else body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    clipped = f"{text[:_LONGEST_BODY]}… ({len(text)} characters)" if len(text) > _LONGEST_BODY else text
    headers = [f"{name}: {value}" for name, value in request["headers"]]
    return [f"  {speech.printable(line)}" for line in [*query, *headers, *([clipped] if clipped else [])]]


def _checks(checks: Sequence[dict[str, Any]]) -> list[str]:
    width = max((len(check["name"]) for check in checks), default=0)
    lines = []
    for check in checks:
        mark, colour = _MARKS[check["passed"]]
        name = speech.printable(check["name"])
        lines.append(f"  {click.style(mark, fg=colour)} {name:<{width}}  expected {_said(check['expected'])}")
        if check["passed"] is not None:
            lines.append(f"    {'':<{width}}  got      {_said(check['got'])}")
    return lines


def _said(value: Any) -> str:
    return speech.printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _provenance(provenance: dict[str, Any]) -> list[str]:
    entries = [
        f"  {one['id']} ({one['level']}): {speech.printable(one['says'])} [{speech.printable(one['source'])}]"
        for one in provenance["entries"]
    ]
    return [f"provenance: {provenance['level']}", *entries]


def _correction(correction: dict[str, Any] | None) -> list[str]:
    """From the first column on, to be copied."""
    return [] if correction is None else [f"corrected: {correction['says']}", correction["curl"]]
