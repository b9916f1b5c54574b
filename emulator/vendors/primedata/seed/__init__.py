"""A workspace as a scenario describes it: who may ask and track, what is registered, and who is known."""

from pydantic import Field

from emulator.core.section import Section
from emulator.core.work import Work
from emulator.vendors.primedata.seed.configuration import (
    EventSchemaSeed,
    EventTypeSeed,
    IdentityTypeSeed,
    SourceSeed,
    plant_configuration,
    registered,
)
from emulator.vendors.primedata.seed.events import Catalogue, EventSeed, EventSeriesSeed, plant_events, plant_series
from emulator.vendors.primedata.seed.profiles import ProfileSeed, plant_profiles
from emulator.vendors.primedata.seed.settings import PrimeDataSettings
from emulator.vendors.primedata.seed.words import Key


class PrimeDataSection(Section):
    settings: PrimeDataSettings = PrimeDataSettings()
    api_keys: list[Key] = []
    identity_config: list[IdentityTypeSeed] = []
    event_catalogue: list[EventTypeSeed] = Field(default=[], description="Registered event types, in short.")
    event_schemas: list[EventSchemaSeed] = Field(
        default=[], description="Registered event types, as the App API takes them at /v1/chiron/events."
    )
    sources: list[SourceSeed] = Field(default=[], description="Data sources, from which events may be tracked.")
    profiles: list[ProfileSeed] = []
    events: list[EventSeed] = []
    event_series: list[EventSeriesSeed] = []


def plant(work: Work, section: PrimeDataSection) -> None:
    event_types = registered(section.event_catalogue, section.event_schemas)
    plant_configuration(work, section.api_keys, section.identity_config, section.sources, event_types)
    plant_profiles(work, section.profiles, {one.name for one in section.identity_config})
    catalogue = Catalogue(work, {one.name: one.schema_version for one in event_types})
    plant_events(work, section.events, catalogue)
    plant_series(work, section.event_series, catalogue)
