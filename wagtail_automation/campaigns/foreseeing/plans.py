"""The plan of a tree that was never published: what the editor holds, as the engine would walk it."""

from wagtail_automation.campaigns.actions import _facts, _rules
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.plan import Graph, compile_tree
from wagtail_automation.campaigns.tree.fields import raw_steps
from wagtail_automation.campaigns.versions import TIME_FACT, Plan, PlannedStep
from wagtail_automation.objects import ref_of


def plan_of_draft(campaign: Campaign) -> tuple[Plan, Graph]:
    """The plan and the graph of a campaign as it is in hand, saved or not.

    Steps are numbered from 1 in the order of the plan. Raises ValidationError as publishing would.
    """
    graph = compile_tree(raw_steps(campaign.tree))
    graph.raise_if_refused()
    numbers = {node.uuid: place for place, node in enumerate(graph.nodes, start=1)}
    steps = tuple(
        PlannedStep(
            numbers[node.uuid],
            node.uuid,
            node.type,
            node.name,
            node.config,
            {branch: numbers[target] for branch, target in node.edges.items()},
            node.position,
            bool(node.asks and node.config.get("patience") and TIME_FACT in _facts(node)),
        )
        for node in graph.nodes
    )
    plan = Plan(
        0,
        campaign.pk or 0,
        numbers.get(graph.first) if graph.first else None,
        steps,
        {step.pk: step for step in steps},
        ref_of(campaign),
        _rules(campaign),
    )
    return plan, graph
