"""Satisfaction: clients are asked, the content ones for a review, the others are called."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Scenario, register
from .kit import rule


@register
class Satisfaction(Scenario):
    key = "satisfaction"
    name = gettext_lazy("Satisfaction survey")
    sentence = gettext_lazy(
        "Asks your clients how likely they are to recommend you, thanks those who would, and tells your team "
        "about those who would not."
    )
    before = (
        gettext_lazy("Let an import, a form or your team put people on the list “Clients”."),
        gettext_lazy("Add the links to your review pages to the survey."),
    )
    icon = "help"
    order = 75

    def build(self, kit):
        clients = kit.lead_list(_("Clients"), _("People who bought from you."))
        fans = kit.lead_list(_("Would recommend us"), _("Answered 9 or 10."))
        survey = kit.survey(
            _("Recommendation"),
            _("How likely are you to recommend us to a friend?"),
            _("What is the main reason for your answer?"),
        )
        ask = kit.email(
            _("1 The question"),
            _("One question, one click"),
            _("How are we doing?"),
            _("Hello {{ lead.first_name | default: 'there' }},"),
            _("you have known us for a while. One click on a number is enough:"),
            blocks=[("survey", {"survey": survey})],
        )
        again = kit.email(
            _("2 A reminder"),
            _("Your opinion counts"),
            _("Only one click"),
            _("Hello {{ lead.first_name | default: 'again' }},"),
            _("may we ask once more? One click on a number is enough:"),
            blocks=[("survey", {"survey": survey})],
        )
        kit.start("list_joined", list=clients)
        kit.do("survey_send", survey=survey, email=ask, name=_("Ask"))
        answered = kit.ask(
            rule(("survey_answered", {"survey": survey, "operator": "any"})),
            days=4,
            name=_("Answered within 4 days?"),
        )
        kit.do("survey_send", survey=survey, email=again, parent=answered, branch="no", name=_("Remind"))
        promoter = kit.ask(
            rule(("nps_class", {"survey": survey, "nps_class": "promoter"})),
            parent=answered,
            branch="yes",
            name=_("Would recommend us?"),
        )
        kit.do("list_add", list=fans, parent=promoter, branch="yes", name=_("Would recommend us"))
        detractor = kit.ask(
            rule(("nps_class", {"survey": survey, "nps_class": "detractor"})),
            parent=promoter,
            branch="no",
            name=_("Unhappy?"),
        )
        kit.do(
            "alert_send",
            text=_("This client is not happy with us. Please call them."),
            parent=detractor,
            branch="yes",
            name=_("Tell the team"),
        )
