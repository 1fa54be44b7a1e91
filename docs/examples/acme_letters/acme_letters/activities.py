"""Activities for people who still like paper."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_automation import sql
from wagtail_automation.activities import Activity, activities


@activities.register
class PrintLetter(Activity):
    """Queue the same letter for everybody of the cohort, in one statement."""

    key = "acme_print_letter"
    keywords = (_("post"), _("paper"))
    immediate = True  # also offered as the action of a form

    text = blocks.TextBlock(label=_("Text"), max_length=2000)

    class Meta:
        label = _("Print a letter")
        description = _("Queues a printed letter to the lead.")
        icon = "acme-envelope"
        group = _("Acme")
        tone = "amber"

    def apply(self, value, cohort):
        from acme_letters.models import Letter

        sql.insert_select(
            Letter,
            {
                "key": F("cohort_key"),
                "lead": F("cohort_lead"),
                "text": value["text"],
                "ordered_at": cohort.now,
            },
            source=cohort.rows(),
        )

    def sentence(self, value):
        return (value["text"] or "")[:60] or str(self.label)
