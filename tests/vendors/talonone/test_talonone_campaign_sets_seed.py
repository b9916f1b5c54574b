"""Campaign sets in a scenario: complete nodes, campaigns that are there, no set within itself."""

import pytest

from emulator.control.scenario import ScenarioError

APPLICATIONS = [{"id": 7, "name": "Shop"}, {"id": 8, "name": "Other"}]
CAMPAIGNS = [
    {"id": 1, "applicationId": 7, "name": "one"},
    {"id": 2, "applicationId": 7, "name": "two"},
    {"id": 3, "applicationId": 8, "name": "three"},
]


def leaf(number):
    return {"type": "CAMPAIGN", "campaignId": number}


def branch(*elements, operator="ALL", **members):
    return {"type": "SET", "operator": operator, "elements": list(elements), **members}


@pytest.fixture
def plant(server):
    def planter(*sets):
        listed = [{"applicationId": 7, **one} if "set" in one else {"applicationId": 7, "set": one} for one in sets]
        section = {"applications": APPLICATIONS, "campaigns": CAMPAIGNS, "campaignSets": listed}
        server.emulator.scenarios.plant({"name": "test", "talonone": section})

    return planter


@pytest.mark.parametrize(
    ("sets", "problem"),
    [
        ([branch(leaf(9))], "[0].set.elements[0].campaignId: there is no campaign 9"),
        ([branch(leaf(3))], "[0].set.elements[0].campaignId: campaign 3 belongs to application 8, not 7"),
        (
            [branch(leaf(1), branch(leaf(1)))],
            "[0].set.elements[1].elements[0].campaignId: campaign 1 stands in the set already, at "
            "campaignSets[0].set.elements[0].campaignId",
        ),
        (
            [branch(branch(branch(name="inner"), name="inner"), name="outer")],
            "[0].set.elements[0].elements[0].name: the set 'inner' stands within itself",
        ),
        ([leaf(1)], "[0].set.type: the outermost node is a SET"),
        ([branch({"type": "CAMPAIGN"})], "[0].set.elements[0].campaignId: a node of the type CAMPAIGN needs this key"),
        ([{"type": "SET", "elements": []}], "[0].set.operator: a node of the type SET needs this key"),
        ([{"type": "SET", "operator": "ALL"}], "[0].set.elements: a node of the type SET needs this key"),
        ([branch(campaignId=1)], "[0].set.campaignId: a node of the type SET has no such key"),
        ([branch({**leaf(1), "name": "x"})], "[0].set.elements[0].name: a node of the type CAMPAIGN has no such key"),
        ([branch(operator="BEST")], "[0].set.operator: Input should be 'ALL' or 'FIRST'"),
        ([branch({"type": "SETS"})], "[0].set.elements[0].type: Input should be 'SET' or 'CAMPAIGN'"),
        ([branch(elments=[])], "[0].set.elments: unknown key, did you mean elements?"),
        ([{"applicationId": 9, "set": branch()}], "[0].applicationId: there is no application 9"),
        ([{"version": 0, "set": branch()}], "[0].version: Input should be greater than or equal to 1"),
        (
            [branch(), branch()],
            "[1].version: application 7 has a campaign set of version 1 already, at campaignSets[0].version",
        ),
    ],
)
def test_a_mistake_in_a_campaign_set_is_named_by_its_path(plant, sets, problem):
    with pytest.raises(ScenarioError) as caught:
        plant(*sets)
    (found,) = caught.value.problems
    assert found.startswith(f"talonone.campaignSets{problem}")


def test_sets_of_several_versions_and_of_two_applications_are_planted(plant):
    plant(
        branch(branch(leaf(2), operator="FIRST", name="inner"), leaf(1), name="outer"),
        {"version": 2, "set": branch(leaf(1))},
        {"applicationId": 8, "set": branch(leaf(3), name="outer")},
    )
