"""Lists in the import of people: columns that name lists, and one list for everybody in the file."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.folding import fold
from wagtail_automation.leads.imports.kinds import ImportExtra, Target, import_extras
from wagtail_automation.leads.models import ImportedLead

from . import actions
from .models import LeadList, ListMembership

APP = "wagtail_automation_audiences"
SEPARATOR = ";"


@import_extras.register
class ListExtra(ImportExtra):
    """Put people on lists, or make a list hold exactly the people of the file."""

    key = "lists"
    order = 30
    permissions = (f"{APP}.view_leadlist", f"{APP}.add_listmembership")

    def targets(self):
        names = ("list", "lists", "liste", "listes", "group", "groups", "groupe", "groupes", "mailing list")
        return [Target("lists.names", _("Lists (names, “;” between)"), _("Lists"), names, many=True)]

    def option_fields(self, user):
        modes = [("add", _("Keep the others on it"))]
        if user.has_perm(f"{APP}.delete_listmembership"):
            modes.append(("replace", _("Take off it whoever is not in the file")))
        mode = forms.ChoiceField(label=_("Those who are on that list already"), choices=modes, initial="add")
        mode.only_with = "lists_add"  # says nothing without a list
        return {
            "lists_add": forms.ModelChoiceField(
                LeadList.objects.stored().filter(archived=False),
                label=_("Put everybody on a list"),
                required=False,
                empty_label=_("No list"),
            ),
            "lists_mode": mode,
        }

    def check(self, columns, options):
        if options.get("lists_mode") == "replace" and not options.get("lists_add"):
            raise ValidationError({"lists_add": gettext("Choose the list whose people are replaced.")})

    def clean(self, run, target, texts):
        wanted = {text: [part.strip() for part in text.split(SEPARATOR) if part.strip()] for text in texts}
        by_name: dict[str, list[int]] = {}
        for chosen in LeadList.objects.stored().only("name", "builtin"):
            for name in {fold(chosen.name), fold(str(chosen))}:  # those of the system in two languages
                by_name.setdefault(name, []).append(chosen.pk)
        return {text: self._lists(parts, by_name) for text, parts in wanted.items()}

    def _lists(self, parts: list[str], by_name: dict[str, list[int]]):
        found = []
        for part in parts:
            pks = by_name.get(fold(part), [])
            if len(pks) != 1:
                message = gettext("There is no list “%(name)s”.")
                if pks:
                    message = gettext("Several lists are called “%(name)s”.")
                return ValidationError(message % {"name": part[:100]})
            found += pks
        return found or None

    def apply(self, run, values, leads, created):
        members: dict[int, set[int]] = {}
        for pk, said in values.items():
            for lists, _policy in said.values():
                for chosen in lists:
                    members.setdefault(chosen, set()).add(pk)
        if everybody := run.options.get("lists_add"):
            members.setdefault(everybody, set()).update(leads)
        changed: set[int] = set()
        for lead_list in LeadList.objects.stored().filter(pk__in=list(members)):
            cohort = self._cohort(run, sorted(members[lead_list.pk]))
            changed |= set(actions.add_to_list(lead_list=lead_list, cohort=cohort))
        return changed

    def _cohort(self, run, ids: list[int]) -> LeadsCohort:
        return LeadsCohort(ids, key=run.origin, now=clock.now(), user=run.user)

    def finish(self, run):
        """Take off whoever was not in the file; a file in which nobody was found replaces nobody."""
        found = ImportedLead.objects.filter(run=run)
        if run.options.get("lists_mode") != "replace" or not found.exists():
            return
        lead_list = LeadList.objects.filter(pk=run.options.get("lists_add") or 0).first()
        if lead_list is None:
            return
        others = ListMembership.objects.filter(list=lead_list).filter(
            ~Exists(found.filter(lead_id=OuterRef("lead_id")))
        )
        actions.remove_from_list(lead_list=lead_list, cohort=self._cohort(run, list(others.leads())))

    def shown(self, target, value):
        return ", ".join(str(found) for found in LeadList.objects.filter(pk__in=value))
