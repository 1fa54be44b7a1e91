"""What the leads app itself holds about people, for export and erasure."""

import io

from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock

from . import retention  # noqa: F401  (registers how long they are kept)
from .models import Lead, PrivacyAct
from .personal_data import Matcher, PersonalRows, personal_data, register, register_sweep

APP = "wagtail_automation_leads"
#: columns of a lead that an anonymisation empties; everything else is a count or a random number
_EMPTIED = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "company",
    "job_title",
    "region",
    "city",
    "postal_code",
    "street",
    "time_zone",
)


class LeadRow(PersonalRows):
    """The lead: its row goes last of all, and an anonymisation leaves country, language and score."""

    def __init__(self):
        super().__init__(f"{APP}.Lead", heading=_("Profile"), lead="pk", exclude=("folded",))

    def erase(self, ids):
        rows = self.rows(ids)
        count = rows.count()
        # every row that pointed here went before, so nothing is left to cascade to
        rows._raw_delete(rows.db)
        return count

    def anonymise(self, ids):
        return Lead.objects.filter(pk__in=ids).update(
            **dict.fromkeys(_EMPTIED, ""),
            birth_date=None,
            owner=None,
            attributes={},
            folded={},
            field_sources={},
            status=Lead.Status.ANONYMOUS,
            identified_at=None,
            anonymised_at=clock.now(),
        )


class Acts(PersonalRows):
    """The audit log stays, without the reasons that people typed."""

    def __init__(self):
        super().__init__(f"{APP}.PrivacyAct", heading=_("Privacy acts"), lead="lead_pk", exclude=("user",))

    def erase(self, ids):
        return self.rows(ids).exclude(reason="", details={}).update(reason="", details={})

    anonymise = erase


class Photos(PersonalRows):
    """A portrait is a file in the download and no row."""

    def __init__(self):
        super().__init__(f"{APP}.LeadPhoto", heading=_("Photo"), exclude=("image", "digest"))

    def attachments(self, ids):
        for row in self.rows(ids):
            yield f"photo-{row.pk}.jpg", io.BytesIO(bytes(row.image))


LEAD = register(LeadRow())
register(PersonalRows(f"{APP}.LeadNote", heading=_("Notes"), exclude=("key",)))
register(PersonalRows(f"{APP}.LeadFile", heading=_("Files"), files=("file",)))
register(Photos())
register(PersonalRows(f"{APP}.Identifier", heading=_("Identifiers")))
register(PersonalRows(f"{APP}.ConsentRecord", heading=_("History of consents")))
register(PersonalRows(f"{APP}.ConsentState", heading=_("Consents")))
register(PersonalRows(f"{APP}.ConsentConfirmation", heading=_("Consents to be confirmed")))
register(PersonalRows(f"{APP}.LeadMerge", heading=_("Merges"), exclude=("user",)))
register(PersonalRows(f"{APP}.MergedLead", heading=_("Merged leads"), is_exported=False))
register(Acts())
personal_data.exempt(f"{APP}.SuppressedAddress", "Holds HMACs only; it is what an erasure leaves.")
personal_data.exempt(f"{APP}.Erasure", "Deleted by the erasure itself when it is done.")


@register_sweep
def scrub_reasons(matcher: Matcher) -> dict[str, int]:
    """Addresses in the reasons of privacy acts."""
    count = 0
    for act in PrivacyAct.objects.exclude(reason="").order_by("pk").iterator(chunk_size=500):
        reason = matcher.scrub(act.reason)
        if reason != act.reason:
            count += PrivacyAct.objects.filter(pk=act.pk).update(reason=reason)
    return {"privacy acts": count}
