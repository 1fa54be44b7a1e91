"""The split: a share of the people down each branch, always the same people."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks
from wagtail.blocks.list_block import ListBlockValidationError
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation import flow
from wagtail_automation.leads import shares

MOST_PATHS = 5


class PathBlock(blocks.StructBlock):
    """One way on and its share of the people."""

    name = blocks.CharBlock(label=gettext_lazy("Name"), max_length=40)
    weight = blocks.IntegerBlock(
        label=gettext_lazy("Share in percent"), default=50, min_value=1, max_value=99
    )

    class Meta:
        label = gettext_lazy("Branch")
        icon = "redirect"


@flow.register
class Split(flow.FlowStep):
    """Divides people by ``Lead.bucket``; a branch's key is the identity of its list item, so that renaming
    or weighting it anew keeps its steps."""

    key = "split"

    paths = blocks.ListBlock(
        PathBlock(),
        label=gettext_lazy("Branches"),
        min_num=2,
        max_num=MOST_PATHS,
        default=[{"name": "A", "weight": 50}, {"name": "B", "weight": 50}],
        help_text=gettext_lazy("Two to five branches. Their shares add up to 100 %."),
    )

    class Meta:
        label = gettext_lazy("Split")
        icon = "resubmit"
        group = gettext_lazy("Decisions")
        tone = "pink"
        description = gettext_lazy(
            "Sends a share of the people down each branch. Who comes again goes the same way again."
        )
        keywords = (gettext_lazy("A/B test"), gettext_lazy("random"))

    def clean(self, value):
        value = super().clean(value)
        if not self.is_deferred_validation and (problem := self.problem(paths_of(value))):
            raise StructBlockValidationError(
                {"paths": ListBlockValidationError(non_block_errors=[ValidationError(problem)])}
            )
        return value

    def problem(self, paths: list) -> str:
        """Why people cannot be divided like this; empty if they can. Also for trees that no form wrote."""
        if not 2 <= len(paths) <= MOST_PATHS:
            return _("A split has two to five branches.")
        weights = [path["weight"] for _key, path in paths]
        if any(not isinstance(weight, int) or weight < 1 for weight in weights):
            return _("Each branch of a split needs a share of at least 1 %.")
        if sum(weights) != 100:
            return _("The shares add up to %(sum)d %%. They must add up to 100 %%.") % {"sum": sum(weights)}
        keys = [key for key, _path in paths]
        if len(set(keys)) < len(keys) or any(not key or len(key) > 40 for key in keys):
            return _("Two branches of this split cannot be told apart. Remove one and add it again.")
        return ""

    def get_branches(self, value):
        return [
            {
                "key": key,
                "label": _("%(name)s · %(share)s %%") % {"name": path["name"], "share": path["weight"]},
                "tone": "path",
            }
            for key, path in paths_of(value)
        ]

    def sentence(self, value):
        named = [f"{path['name']} {path['weight']}" for _key, path in paths_of(value) if path["name"]]
        return _("By share: %(paths)s") % {"paths": " / ".join(named)}

    def visit(self, visit):
        paths = paths_of(visit.value)
        if problem := self.problem(paths):
            raise ValidationError(problem)
        rows = visit.book.leads(visit.ids, "bucket")
        chosen = shares.choose(
            [bucket for _pk, bucket in rows], visit.step.uuid, [p["weight"] for _k, p in paths]
        )
        groups: dict[int, list[int]] = {}
        for (pk, _bucket), index in zip(rows, chosen, strict=True):
            groups.setdefault(index, []).append(pk)
        for index, (key, _path) in enumerate(paths):
            visit.go(groups.get(index, []), branch=key)


def paths_of(value) -> list[tuple[str, dict]]:
    """``(key, path)`` of each branch, of a bound value or a block's own."""
    paths = value.get("paths") or []
    if hasattr(paths, "bound_blocks"):
        return [(item.id or "", item.value) for item in paths.bound_blocks]
    return [(getattr(path, "id", ""), path) for path in paths]
