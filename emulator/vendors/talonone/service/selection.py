"""Which campaigns are evaluated, and in which order (talon_go 2.1.1, CampaignSet and Application.campaignPriority).

Both ways to arrange campaigns come to one tree: a set evaluates all of its elements, or its elements up to the first
that triggers. Priorities are the set FIRST of the exclusive campaigns and, last, all stackable ones together, beside
the universal ones, which are always evaluated.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from emulator.core.errors import Level, Rule

ORDER = Rule(
    "talonone.campaign_order", Level.ASSUMED, "talon_go 2.1.1, CampaignSet and Application.campaignPriority",
    "A campaign set of the Application gives the order; without one, exclusive campaigns come first, then stackable, "
    "then universal ones, each by their ids. A campaign triggers when one of its rules gives an effect.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Branch:
    """`first`: only up to the first element that triggers, the operator FIRST; otherwise all of them."""

    first: bool
    elements: tuple["Node", ...]


Node: TypeAlias = "Branch | int"
"""A set, or the id of a campaign."""


def tree_of_set(raw: Mapping[str, Any]) -> Node:
    """The ``set`` of a CampaignSet."""
    if raw["type"] == "CAMPAIGN":
        return int(raw["campaignId"])
    return Branch(raw["operator"] == "FIRST", tuple(map(tree_of_set, raw["elements"])))


def tree_of_priorities(priorities: Iterable[tuple[int, str]]) -> Branch:
    """From campaigns by id, each with its priority."""
    ids: dict[str, list[int]] = {"exclusive": [], "stackable": [], "universal": []}
    for campaign, priority in priorities:
        ids[priority].append(campaign)
    if not ids["exclusive"] and not ids["stackable"]:
        return Branch(False, tuple(ids["universal"]))
    rest = Branch(False, tuple(ids["stackable"]))
    return Branch(False, (Branch(True, (*ids["exclusive"], rest)), *ids["universal"]))


def members(node: Node) -> set[int]:
    """All campaigns that stand somewhere in the tree."""
    return {node} if isinstance(node, int) else set().union(*map(members, node.elements))


def walk(node: Node, triggers: Callable[[int], bool]) -> bool:
    """Evaluate what the tree says, in its order; whether anything triggered."""
    if isinstance(node, int):
        return triggers(node)
    triggered = False
    for element in node.elements:
        if walk(element, triggers):
            triggered = True
            if node.first:
                break
    return triggered


def exclusion(campaign: int, arranged: Sequence[int] | set[int]) -> str:
    """Why a running campaign has not been evaluated (26.16, campaignExclusionReason)."""
    return "CampaignIsNotFirst" if campaign in arranged else "CampaignNotInEvaluationSet"
