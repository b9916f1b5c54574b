"""Talon.One's section of a scenario, in the names of the Management API's models (talon_go 2.1.1).

What those models leave to the server may be left out here: ids count up from 1, `created` is now.
"""

from pydantic import Field

from emulator.core.section import Section
from emulator.vendors.talonone.seed.applications import AdditionalCost, Application, Attribute, LoyaltyProgram
from emulator.vendors.talonone.seed.campaigns import Campaign, CampaignSet
from emulator.vendors.talonone.seed.customers import Profile, Session
from emulator.vendors.talonone.seed.settings import TalonOneSettings

__all__ = ["Campaign", "TalonOneSection", "TalonOneSettings"]


class TalonOneSection(Section):
    settings: TalonOneSettings = Field(TalonOneSettings(), description="Switches that differ from their defaults.")
    applications: list[Application] = Field([], description="Applications, each with the keys that select it.")
    attributes: list[Attribute] = Field([], description="Custom attributes, which must be defined before use.")
    additionalCosts: list[AdditionalCost] = Field([], description="Additional costs that sessions may have.")
    loyaltyPrograms: list[LoyaltyProgram] = Field([], description="Loyalty programs.")
    campaigns: list[Campaign] = Field([], description="Campaigns with their rules, coupons and referrals.")
    campaignSets: list[CampaignSet] = Field([], description="The order in which campaigns are evaluated.")
    profiles: list[Profile] = Field([], description="Customer profiles.")
    sessions: list[Session] = Field([], description="Customer sessions.")
