"""What leads themselves add to the import of people: who owns them, and what they agreed to."""

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock, signals
from wagtail_automation.leads import history
from wagtail_automation.leads.assigning import assign_in_turn, day_of
from wagtail_automation.leads.consent import EMAIL
from wagtail_automation.leads.field_types import TYPES
from wagtail_automation.leads.models import Lead, Team, Topic
from wagtail_automation.leads.permissions import sees_everybody

from . import consents, dates, querysets
from .kinds import ImportExtra, Target, import_extras
from .people import attempt


@import_extras.register
class OwnerExtra(ImportExtra):
    """The person of the site who looks after the lead, by user name or address."""

    key = "owner"
    order = 10

    def targets(self):
        names = (
            "owner", "lead owner", "sales rep", "salesperson", "account manager", "responsable", "commercial",
            "proprietaire", "charge de clientele",
        )  # fmt: skip
        return [Target("owner.user", _("Owner (user name or email address)"), _("Owner"), names)]

    def clean(self, run, target, texts):
        users = get_user_model()
        name = users.USERNAME_FIELD
        lowered = {text.lower() for text in texts}
        found = (
            users._default_manager.filter(is_active=True)
            .annotate(_name=Lower(name), _mail=Lower("email"))
            .filter(Q(_name__in=lowered) | Q(_mail__in=lowered))
        )
        by_text: dict[str, set] = {}
        for pk, user_name, mail in found.values_list("pk", "_name", "_mail"):
            for text in {user_name, mail}:
                by_text.setdefault(text, set()).add(pk)
        return {text: self._only(by_text.get(text.lower(), ()), text) for text in texts}

    def _only(self, pks, text: str):
        if len(pks) == 1:
            return next(iter(pks))
        message = gettext("Nobody on this site is called “%(name)s”.")
        if pks:
            message = gettext("Several people of this site have the address “%(name)s”.")
        return ValidationError(message % {"name": text[:100]})

    def apply(self, run, values, leads, created):
        if not values:
            return set()
        present = dict(Lead.objects.filter(pk__anyof=sorted(values)).values_list("pk", "owner_id"))
        rows = [
            {"id": pk, "owner": owner, "attributes": {}, "folded": {}, "sources": {}}
            for pk, said in values.items()
            for owner, policy in said.values()
            if present.get(pk) != owner and (present.get(pk) is None or policy == "overwrite")
        ]
        # who is made by this import was nobody's before: that is no change
        owners = {row["id"]: row["owner"] for row in rows if row["id"] not in created}
        history.tell_owners(owners, source=run.origin, now=clock.now(), user=run.user)
        querysets.patch_leads(rows, {"owner": querysets.sql_type("owner")})
        changed = {row["id"] for row in rows}
        if changed:
            now = clock.now()
            signals.owners_changed.send(sender=Lead, leads=sorted(changed), now=now, user=run.user)
            signals.facts_changed.send(
                sender=Lead, leads=sorted(changed), facts=frozenset({"field:owner"}), now=now
            )
        return changed

    def shown(self, target, value):
        user = get_user_model()._default_manager.filter(pk=value).first()
        return (user.get_full_name() or user.get_username()) if user else "?"


@import_extras.register
class TeamExtra(ImportExtra):
    """Whoever is left without owner goes to the members of a team in turn. Last of all, since it holds the
    team until the chunk is done."""

    key = "team"
    order = 900

    def __init__(self):
        self._left: list[int] = []

    def option_fields(self, user):
        if user is None or not sees_everybody(user):
            return {}
        return {
            "team_turn": forms.ModelChoiceField(
                Team.objects.all(),
                label=_("Give people without an owner to a team, in turn"),
                required=False,
                empty_label=_("No team"),
                help_text=_("By the shares of its members; whoever is away today receives nobody."),
            )
        }

    def check(self, columns, options):
        team = Team.objects.filter(pk=options.get("team_turn") or 0).first()
        if team is not None and not Team.objects.receiving(team, day_of(clock.now())).exists():
            raise ValidationError({"team_turn": gettext("Nobody of this team is available today.")})

    def apply(self, run, values, leads, created):
        if not run.options.get("team_turn") or not sees_everybody(run.user):
            return set()
        ownerless = Lead.objects.filter(pk__anyof=leads, owner__isnull=True).order_by("pk")
        waiting = list(ownerless.values_list("pk", flat=True))
        team = Team.objects.filter(pk=run.options["team_turn"]).first()
        if (
            waiting
            and team is not None
            and assign_in_turn(leads=waiting, team=team, now=clock.now(), user=run.user)
        ):
            return set(waiting)
        self._left = waiting
        return set()

    def notes(self, run):
        left, self._left = self._left, []
        return {pk: [gettext("Nobody of the team is available: this person has no owner.")] for pk in left}


@import_extras.register
class ConsentExtra(ImportExtra):
    """What people agreed to elsewhere. A consent that was withdrawn here is never given back by a file."""

    key = "consents"
    order = 20

    def __init__(self):
        self._kept: dict[int, list[str]] = {}

    def targets(self):
        group = _("Consents")
        topics = [
            Target(f"consents.{topic.subject}", topic.name, group, (f"consent {topic.key}",))
            for topic in Topic.objects.filter(is_archived=False)
        ]
        channel = (
            "consent", "opt in", "optin", "email consent", "newsletter", "consentement", "accepte e mails",
            "accepte les e mails", "consentement e mail", "inscrit newsletter",
        )  # fmt: skip
        when = ("consent date", "opt in date", "consented at", "date de consentement", "date d inscription")
        return [
            Target(f"consents.{EMAIL}", _("Emails (yes or no)"), group, channel),
            *topics,
            Target("consents.at", _("Date of the consent"), group, when),
        ]

    def option_fields(self, user):
        return {
            "consents_text": forms.CharField(
                label=_("What people agreed to, and where"),
                required=False,
                max_length=5000,
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text=_(
                    "Goes into the consent ledger with each consent of the file, as the proof that you may "
                    "be asked for. Needed when a column holds consents."
                ),
            )
        }

    def check(self, columns, options):
        chosen = {column["target"] for column in columns}
        subjects = {target for target in chosen if target.startswith("consents.")} - {"consents.at"}
        if subjects and not (options.get("consents_text") or "").strip():
            raise ValidationError(
                {"consents_text": gettext("Say what people agreed to, and where: the ledger keeps it.")}
            )
        if "consents.at" in chosen and not subjects:
            raise ValidationError(gettext("The date of the consent needs a column that holds the consent."))

    def clean(self, run, target, texts):
        if target == "consents.at":
            return {text: attempt(self._moment, text, run) for text in texts}
        return {text: attempt(TYPES["boolean"].clean, text, None) for text in texts}

    def _moment(self, text: str, run) -> str:
        stored = TYPES["datetime"].clean(dates.normal(text, run), None)
        if TYPES["datetime"].to_python(stored) > clock.now():
            raise ValidationError(gettext("This date lies in the future."))
        return stored

    def apply(self, run, values, leads, created):
        said = []
        for pk, by_target in values.items():
            at = by_target.get("consents.at", (None, ""))[0]
            moment = TYPES["datetime"].to_python(at) if at else None
            said += [
                (pk, target.removeprefix("consents."), granted, moment)
                for target, (granted, _policy) in by_target.items()
                if target != "consents.at"
            ]
        if not said:
            return set()
        changed, kept = consents.record_imported(said=said, text=run.options.get("consents_text", ""))
        for pk, subject, at in kept:
            self._kept.setdefault(pk, []).append(self._words(subject, at))
        return changed

    def _words(self, subject: str, at) -> str:
        day = date_format(timezone.localtime(at), "DATE_FORMAT")
        return gettext("The consent to “%(subject)s” was withdrawn on %(day)s and stays so.") % {
            "subject": subject.removeprefix("topic:"),
            "day": day,
        }

    def notes(self, run):
        kept, self._kept = self._kept, {}
        return kept

    def shown(self, target, value):
        kind = TYPES["datetime"] if target == "consents.at" else TYPES["boolean"]
        return kind.display(value, None)
