"""A section on its way into the tables: whole, or not at all, with the path of what is wrong."""

from emulator.core.work import Work
from emulator.vendors.talonone.seed.models import TalonOneSection
from emulator.vendors.talonone.seed.planting import applications, campaigns, codes, customers, definitions, sessions
from emulator.vendors.talonone.seed.planting.ground import Ground


def plant(work: Work, section: TalonOneSection) -> None:
    """What others refer to comes first."""
    ground = Ground(work, section)
    definitions.plant(ground)
    applications.plant(ground)
    campaigns.plant(ground)
    codes.plant(ground)
    customers.plant(ground)
    sessions.plant(ground)
