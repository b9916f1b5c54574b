"""All a vendor says about itself: one frozen descriptor."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from pydantic import BaseModel
from sqlalchemy import MetaData, Table

from emulator.core.credentials import Caller
from emulator.core.errors import Fact, Failure, Refusal, Rule
from emulator.core.limits import Limit
from emulator.core.routes import Routes
from emulator.core.work import Work

Dialect: TypeAlias = Callable[[Fact], Refusal]


@dataclass(frozen=True, slots=True)
class Host:
    """A production host of the vendor's: exact, or ``*.`` and a suffix. `realm` is what that host stands for."""

    pattern: str
    realm: str = ""

    def matches(self, host: str) -> bool:
        return host.endswith(self.pattern[1:]) if self.pattern.startswith("*.") else host == self.pattern


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """What core and the control plane know of a vendor.

    `authenticate` returns the caller or raises; it runs before the body is parsed. `dialect` has words for every fact.
    `seed_model` is the vendor's section of a scenario and `plant` writes it into an empty or seeded store.
    `settings` is a frozen pydantic model of switches with defaults. `credentials` lists what a user may call with.
    `realms` may lead the path (``/algonomy/qa/…``); `protected` are path prefixes below which the vendor authenticates
    and counts before it looks at anything else. `normalise` rewrites the raw path as the vendor's front door does.
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

    @cached_property
    def catalogue(self) -> Mapping[str, Failure]:
        return {failure.name: failure for failure in self.failures}

    @cached_property
    def tables(self) -> Sequence[Table]:
        return self.metadata.sorted_tables
