"""What will surprise about a call that was accepted."""

from collections.abc import Iterator, Mapping

from emulator.core.checks import Case
from emulator.core.clock import rfc3339
from emulator.core.errors import Json
from emulator.core.slips import as_typed
from emulator.vendors.algonomy.auth import environment_of
from emulator.vendors.algonomy.checks.clients import settings_of
from emulator.vendors.algonomy.checks.commands import ENABLE, EXAMPLE, members_of
from emulator.vendors.algonomy.checks.parameters import KNOWN, asked_of, in_body, in_query, unread
from emulator.vendors.algonomy.contract import JSON
from emulator.vendors.algonomy.tables import FIND_OPT_OUT, LIST_USERS

_LONGEST = 100


def remarks(case: Case) -> Iterator[str]:
    if case.failure is not None or case.operation.catch:
        return
    if case.operation.id == "createToken":
        yield from _on_token(case)
    elif case.operation.id == "optOut":
        yield from _on_command(case)


def _on_token(case: Case) -> Iterator[str]:
    asked = asked_of(case)
    for why in unread(case):
        yield f"The body is not read: {why}. The query string alone counts."
    both = [name for name in in_query(case) if name in in_body(case.request)]
    if both:
        yield f"{_listed(both)} {_are(both)} in the query string and in the body: the body counts."
    if not asked.by_header and case.request.header("authorization") is not None:
        yield "The header Authorization is not read, since client_id and client_secret are among the parameters."
    if "scope" in asked.parameters and not settings_of(case).scopes:
        yield "scope has no effect: this gateway knows no scopes; the setting scopes names some."
    ignored = [name for name in asked.parameters if name not in KNOWN]
    if ignored:
        yield f"{_listed(ignored)} {_are(ignored)} ignored."


def _on_command(case: Case) -> Iterator[str]:
    members, _ = members_of(case)
    if not isinstance(members, dict):
        return
    yield from _on_effect(case, members)
    yield from _on_user(case)
    ignored = [name for name in members if name not in EXAMPLE]
    if ignored:
        yield f"{_listed(ignored)} {_are(ignored)} ignored: a command has type and {ENABLE} only."
    if case.request.query:
        names = list(dict.fromkeys(name for name, _ in case.request.query))
        yield f"The query string is ignored ({_listed(names)})."
    if case.request.media_type != JSON:
        media = as_typed(case.request.media_type)[:_LONGEST]
        said = f"the Content-Type is {media}" if media else "there is no Content-Type"
        yield f"The body was read as JSON although {said}; with the setting require_json_content_type that is a 415."


def _on_effect(case: Case, members: Mapping[str, Json]) -> Iterator[str]:
    user = case.found.get("userId", "")
    row = case.work.db.one(FIND_OPT_OUT, **_place(case), user_id=user)
    if str(members.get(ENABLE)).lower() == "false":
        stays = f"; {user[:_LONGEST]} stays opted out, since {rfc3339(row['opted_out_at'])}" if row is not None else ""
        yield f"{ENABLE} is false and changes nothing, since nobody is ever opted back in{stays}."
    elif row is not None and row["opted_out_at"] < case.work.now:
        yield f"{user[:_LONGEST]} was opted out already, at {rfc3339(row['opted_out_at'])}: that moment stays."


def _on_user(case: Case) -> Iterator[str]:
    """A user of nearly that name, whose profile is still there."""
    user = case.found.get("userId", "")
    if user != user.strip():
        yield f"The userId {user[:_LONGEST]!r} has spaces around it, and is another user than without."
    others = [row["user_id"] for row in case.work.db.all(LIST_USERS, **_place(case))]
    for other in others:
        if other == user:
            continue
        if other == user.replace("+", " "):
            yield f"There still is a profile of {other!r}: in a path a plus is a plus, and a space is %20."
        elif other.lower() == user.lower():
            yield f"There still is a profile of {other}: the letter case of a userId counts."


def _place(case: Case) -> dict[str, str]:
    return {"environment": environment_of(case.work), "api_key": case.found.get("apiKey", "")}


def _listed(names: list[str]) -> str:
    return " and ".join(name[:_LONGEST] for name in names[:5])


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
