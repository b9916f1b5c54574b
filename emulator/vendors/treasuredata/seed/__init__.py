"""Treasure Data's section of a scenario, in the CDP API's own names, and how it is planted.

A colleague reads it as: whose keys open the door, which tokens lead to which reactor, and what the reactor of a
parent segment knows and offers. What the models cannot see, planting refuses by its path.
"""

from typing import Literal, TypeAlias

from pydantic import Field

from emulator.core.section import Section
from emulator.core.work import Work
from emulator.vendors.treasuredata.contract import PersonalizationSettings
from emulator.vendors.treasuredata.seed.accounts import (
    Account,
    PersonalizationService,
    Reactor,
    all_accounts,
    plant_accounts,
    plant_reactors,
    plant_services,
)
from emulator.vendors.treasuredata.seed.parent_segments import ParentSegment, plant_parent_segments

Region: TypeAlias = Literal["us01", "eu01", "ap01", "ap02", "ap03"]


class TreasureDataSection(Section):
    settings: PersonalizationSettings = Field(
        default=PersonalizationSettings(), description="Switches for what no document settles."
    )
    region: Region | None = Field(
        default=None, description="Where the accounts live: hosts of other regions do not know them."
    )
    account: Account | None = Field(default=None, description="The account, where there is one.")
    accounts: list[Account] = Field(default=[], description="The accounts, where there are several.")
    reactors: list[Reactor] = Field(default=[], description="Engines, each for one parent segment.")
    personalization_services: list[PersonalizationService] = Field(
        default=[], description="Owners of tokens, each with the way to a reactor."
    )
    parent_segments: list[ParentSegment] = Field(
        default=[], description="Customers, what is remembered of them, and what they are offered."
    )


def plant(work: Work, section: TreasureDataSection) -> None:
    accounts = all_accounts(section.account, section.accounts)
    plant_accounts(work, accounts, section.region)
    plant_parent_segments(work, section.parent_segments)
    plant_reactors(work, section.reactors, accounts, [segment.id for segment in section.parent_segments])
    plant_services(work, section.personalization_services, section.reactors, accounts)
