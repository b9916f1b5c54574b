"""FIDELITY.md: what is emulated and how each behaviour is known, written from the descriptors.

``python -m emulator.fidelity`` prints it; a test fails when the file in the repository is stale.
"""

from collections.abc import Iterator, Sequence

from emulator.core.errors import Failure, Level
from emulator.core.vendor import Vendor
from emulator.vendors import VENDORS

_INTRODUCTION = """\
# Fidelity

What the emulator answers, and how each behaviour is known. This file is generated from the vendors' descriptors
(`python -m emulator.fidelity > FIDELITY.md`); the header `X-Emulator-Provenance` of an answer names the weakest level
that shaped it.

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
        levels = _levels(vendor)
        counts = [levels.count(level) for level in Level]
        yield f"| {vendor.title} | {len(list(vendor.routes))} | " + " | ".join(map(str, counts)) + " |"


def _levels(vendor: Vendor) -> list[Level]:
    return [
        *(operation.level for operation in vendor.routes),
        *(failure.level for failure in vendor.failures),
        *(rule.level for rule in vendor.rules),
    ]


def _chapter(vendor: Vendor) -> Iterator[str]:
    yield f"## {vendor.title}: {vendor.api}"
    yield ""
    yield f"Mounted at `/{vendor.slug}`; production hosts: {', '.join(f'`{host.pattern}`' for host in vendor.hosts)}."
    yield ""
    yield "### Operations"
    yield ""
    yield "| operation | call | success | level | source |"
    yield "|---|---|---|---|---|"
    for operation in vendor.routes:
        call = f"`{operation.method} {operation.path}`"
        yield _row(operation.id, call, str(operation.status), operation.level, operation.source, operation.says)
    yield ""
    yield "### Failures"
    yield ""
    yield "Each can be provoked with `X-Emulator-Fault: NAME`."
    yield ""
    yield "| name | status | level | source | when |"
    yield "|---|---|---|---|---|"
    for failure in vendor.failures:
        yield _failure_row(failure)
    yield from _choices(vendor)


def _choices(vendor: Vendor) -> Iterator[str]:
    if vendor.rules:
        yield from ("", "### Choices", "", "| rule | level | source | what we do |", "|---|---|---|---|")
        for rule in vendor.rules:
            yield f"| `{rule.id}` | {rule.level} | {_cell(rule.source)} | {_cell(rule.says)} |"
    if vendor.limits:
        yield from ("", "### Limits", "", "| limit | calls | window | source |", "|---|---|---|---|")
        for limit in vendor.limits:
            window = f"{limit.window / 1_000_000:g} s, {limit.kind}"
            yield f"| `{limit.name}` | {limit.quota} | {window} | {_cell(limit.source)} |"
    if vendor.settings.model_fields:
        yield from ("", "### Settings", "", "| setting | default | what it chooses |", "|---|---|---|")
        for name, info in vendor.settings.model_fields.items():
            yield f"| `{name}` | `{info.default}` | {_cell(info.description or '')} |"


def _row(name: str, call: str, status: str, level: Level, source: str, says: str) -> str:
    told = f"{_cell(source)}. {_cell(says)}" if says else _cell(source)
    return f"| `{name}` | {call} | {status} | {level} | {told} |"


def _failure_row(failure: Failure) -> str:
    kept = " What the call wrote stays." if failure.keeps_rows else ""
    told = f"{_cell(failure.says)}{kept}"
    return f"| `{failure.name}` | {failure.status} | {failure.level} | {_cell(failure.source)} | {told} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(render(), end="")
