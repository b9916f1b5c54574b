"""All a vendor says about itself: one frozen descriptor."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from pydantic import BaseModel
from sqlalchemy import MetaData, Table

from emulator.core.checks import Checklist
from emulator.core.clock import SECOND
from emulator.core.cors import Cors
from emulator.core.credentials import Caller, OwnCredential, is_secret
from emulator.core.description import Examples, SecurityScheme
from emulator.core.drills import Parts
from emulator.core.errors import Fact, Failure, Json, Level, Refusal, Rule
from emulator.core.limits import Limit
from emulator.core.provenance import Entry, Known
from emulator.core.routes import Operation, Routes
from emulator.core.work import Work

Dialect: TypeAlias = Callable[[Fact], Refusal]


@dataclass(frozen=True, slots=True)
class Host:
    """A production host of the vendor's: exact, or ``*.`` and a suffix. `realm` is what that host stands for.

    Where a vendor has APIs on several hosts, `prefix` leads the paths of this one below the vendor's own path.
    """

    pattern: str
    realm: str = ""
    prefix: str = ""

    def matches(self, host: str) -> bool:
        return host.endswith(self.pattern[1:]) if self.pattern.startswith("*.") else host == self.pattern


@dataclass(frozen=True, slots=True)
class Control:
    """A control call that makes sense for one vendor only: ``POST /_emulator/vendors/{slug}/{name}``.

    `body` is a strict pydantic model, `answer` gets an instance and returns JSON, or raises `Misuse`. It only reads:
    no transaction is open.
    """

    says: str
    body: type[BaseModel]
    answer: Callable[[Work, Any], Json]  # Any: the control's own model


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """What core and the control plane know of a vendor.

    `authenticate` returns the caller or raises; it runs before the body is parsed. `dialect` has words for every fact.
    `seed_model` is the vendor's section of a scenario and `plant` writes it into an empty or seeded store.
    `settings` is a frozen pydantic model of switches with defaults. `credentials` lists what a user may call with.
    `own_credentials` are those that a user has of the real vendor, by the names of environment variables.
    `published` are credentials and e-mail addresses that look real and are nobody's: its documents show them, or the
    demo world does.
    `domains` are the vendor's names on the internet: below them lie its hosts, emulated or not.
    `realms` may lead the path (``/algonomy/qa/…``); `protected` are path prefixes below which the vendor authenticates
    and counts before it looks at anything else. `normalise` rewrites the raw path as the vendor's front door does.
    `cors` is for browsers. `largest_body` is the largest request body that the vendor's front door takes, in bytes.
    `controls` are control calls of its own, by name, and `drills` its parts in those that everybody has. For
    documents: `security` are the ways to authenticate by the vendor's names, `refusals` the shapes of its refusals, and
    `examples` those of its documents, imported when asked.
    `checklist` is imported when asked, too: it tells what each operation checks, for explaining a call.
    `secrets` are all values that let or ever let a caller in, issued ones too, and for the work of a call what would
    sign that call: nobody is told them. Without it they are those in `credentials`.
    """

    slug: str
    title: str
    api: str
    hosts: Sequence[Host]
    routes: Routes
    authenticate: Callable[[Work], Caller]
    dialect: Dialect
    failures: Sequence[Failure]
    limits: Sequence[Limit]
    metadata: MetaData
    seed_model: type[BaseModel]
    plant: Callable[[Work, Any], None]  # Any: the vendor's own seed model
    settings: type[BaseModel]
    credentials: Callable[[Work], Sequence[Mapping[str, str]]]
    own_credentials: Sequence[OwnCredential] = ()
    published: Collection[str] = ()
    domains: Sequence[str] = ()
    rules: Sequence[Rule] = ()
    realms: Sequence[str] = ()
    protected: Sequence[str] = ()
    normalise: Callable[[str], str] | None = None
    cors: Cors | None = None
    largest_body: int = 1024 * 1024
    controls: Mapping[str, Control] = field(default_factory=dict)
    drills: Parts = field(default_factory=dict)
    security: Mapping[str, SecurityScheme] = field(default_factory=dict)
    refusals: Sequence[type] = ()
    examples: Callable[[], Examples] = tuple
    checklist: Callable[[], Checklist] | None = None
    secrets: Callable[[Work], Iterable[str]] | None = None

    def known_secrets(self, work: Work) -> Iterable[str]:
        return _values(self.credentials(work)) if self.secrets is None else self.secrets(work)

    @cached_property
    def catalogue(self) -> Mapping[str, Failure]:
        return {failure.name: failure for failure in self.failures}

    @cached_property
    def entries(self) -> Sequence[Entry]:
        """How everything about this vendor is known. A setting says so in its field's ``json_schema_extra``; without
        that its default is our choice."""
        return [
            *map(self.entry, self.routes.told),
            *map(self.entry, self.failures),
            *map(self.entry, self.rules),
            *(self._limit(limit) for limit in self.limits),
            *(self._default(name) for name in self.settings.model_fields),
        ]

    def entry(self, known: Known) -> Entry:
        """The entry of an operation, a failure or a rule."""
        match known:
            case Operation():
                return Entry(f"{self.slug}.operation.{known.id}", "operation", known.level, known.source, known.says)
            case Failure():
                return Entry(f"{self.slug}.error.{known.name}", "error", known.level, known.source, known.says)
            case Rule():
                return Entry(known.id, "choice", known.level, known.source, known.says)
            case _:
                raise TypeError(f"{known!r} is no operation, failure or rule")

    def _limit(self, limit: Limit) -> Entry:
        says = f"{limit.quota} calls in {limit.window / SECOND:g} s, {limit.kind} window."
        return Entry(f"{self.slug}.limit.{limit.name}", "limit", limit.level, limit.source, says)

    def _default(self, name: str) -> Entry:
        info = self.settings.model_fields[name]
        known = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        level = Level(str(known.get("level", Level.ASSUMED)))
        source = str(known.get("source", "emulator's choice"))
        says = f"{info.description or ''} By default {info.default!r}."
        return Entry(f"{self.slug}.default.{name}", "default", level, source, says.strip())

    @cached_property
    def tables(self) -> Sequence[Table]:
        return self.metadata.sorted_tables


def _values(credentials: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Of ``{"header": "Authorization: Toy k-1"}`` the last word, of ``{"client_secret": "…"}`` all."""
    for credential in credentials:
        for name, value in credential.items():
            if name == "header" and (words := value.split()):
                yield words[-1]
            elif is_secret(name):
                yield value
