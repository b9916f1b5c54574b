"""All a vendor says about itself: one frozen descriptor."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from pydantic import BaseModel
from sqlalchemy import MetaData, Table

from emulator.core.cors import Cors
from emulator.core.credentials import Caller
from emulator.core.errors import Fact, Failure, Json, Refusal, Rule
from emulator.core.limits import Limit
from emulator.core.routes import Routes
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
    `realms` may lead the path (``/algonomy/qa/…``); `protected` are path prefixes below which the vendor authenticates
    and counts before it looks at anything else. `normalise` rewrites the raw path as the vendor's front door does.
    `cors` is for browsers. `largest_body` is the largest request body that the vendor's front door takes, in bytes.
    `controls` are control calls of its own, by name.
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
    rules: Sequence[Rule] = ()
    realms: Sequence[str] = ()
    protected: Sequence[str] = ()
    normalise: Callable[[str], str] | None = None
    cors: Cors | None = None
    largest_body: int = 1024 * 1024
    controls: Mapping[str, Control] = field(default_factory=dict)

    @cached_property
    def catalogue(self) -> Mapping[str, Failure]:
        return {failure.name: failure for failure in self.failures}

    @cached_property
    def tables(self) -> Sequence[Table]:
        return self.metadata.sorted_tables
