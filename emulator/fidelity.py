"""FIDELITY.md: what is emulated and how each behaviour is known, written from the descriptors.

``python -m emulator.fidelity`` prints it; a test fails when the file in the repository is stale.
"""

from collections.abc import Iterator, Sequence

from emulator.core.errors import Level
from emulator.core.provenance import Entry
from emulator.core.vendor import Vendor
from emulator.vendors import VENDORS

_INTRODUCTION = """\
# Fidelity

What the emulator answers, and how each behaviour is known. This file is generated from the same entries as
`GET /_emulator/provenance` (`python -m emulator.fidelity > FIDELITY.md`). The header `X-Emulator-Provenance` of an
answer names the weakest level that shaped it, and its explanation the entries; `--fail-on assumed` has whatever would
rely on a guess answered 501, naming the entry. An operation's entry is `{vendor}.operation.{name}`, a failure's
`{vendor}.error.{name}`.

| level | meaning |
|---|---|
| documented | the vendor says so |
| observed | seen in real answers, real clients or the source of the vendor's components |
| inferred | follows from something documented or observed, but nobody says it |
| assumed | nobody knows; this is our choice |
"""


def render(vendors: Sequence[Vendor] = VENDORS) -> str:
    """The whole file, ending in one newline."""
    parts = [_INTRODUCTION, "\n".join(_overview(vendors)), *("\n".join(_chapter(vendor)) for vendor in vendors)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _overview(vendors: Sequence[Vendor]) -> Iterator[str]:
    yield "| vendor | operations | " + " | ".join(f"{level} entries" for level in Level) + " |"
    yield "|---|---|" + "---|" * len(Level)
    for vendor in vendors:
        levels = [entry.level for entry in vendor.entries]
        counts = [levels.count(level) for level in Level]
        yield f"| {vendor.title} | {len(list(vendor.routes))} | " + " | ".join(map(str, counts)) + " |"


def _chapter(vendor: Vendor) -> Iterator[str]:
    entries = {entry.id: entry for entry in vendor.entries}
    yield f"## {vendor.title}: {vendor.api}"
    yield ""
    yield f"Mounted at `/{vendor.slug}`; production hosts: {', '.join(f'`{host.pattern}`' for host in vendor.hosts)}."
    yield from _table("Operations", ("operation", "call", "success", "level", "source", "what it does"))
    for operation in vendor.routes.told:
        call = f"`{operation.method} {operation.path}`"
        yield _row(f"`{operation.id}`", call, str(operation.status), *_known(vendor.entry(operation)))
    yield from _table("Failures", ("name", "status", "level", "source", "when"), _PROVOKED)
    for failure in vendor.failures:
        level, source, says = _known(vendor.entry(failure))
        kept = " What the call wrote stays." if failure.keeps_rows else ""
        yield _row(f"`{failure.name}`", str(failure.status), level, source, says + kept)
    yield from _others("Choices", "what we do", [one for one in entries.values() if one.kind == "choice"])
    yield from _others("Limits", "how much", [one for one in entries.values() if one.kind == "limit"])
    yield from _others(
        "Defaults", "what the setting chooses", [one for one in entries.values() if one.kind == "default"]
    )


_PROVOKED = "Each can be provoked with `X-Emulator-Fault: NAME`."


def _others(title: str, says: str, entries: Sequence[Entry]) -> Iterator[str]:
    if entries:
        yield from _table(title, ("entry", "level", "source", says))
        for entry in entries:
            yield _row(f"`{entry.id}`", *_known(entry))


def _table(title: str, columns: Sequence[str], above: str = "") -> Iterator[str]:
    yield from ("", f"### {title}", "")
    if above:
        yield from (above, "")
    yield _row(*columns)
    yield "|" + "---|" * len(columns)


def _known(entry: Entry) -> tuple[str, str, str]:
    return entry.level, _cell(entry.source), _cell(entry.says)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(render(), end="")
