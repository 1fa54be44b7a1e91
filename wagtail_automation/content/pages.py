"""What a site's own page types inherit: landing pages, previews of personal parts. Abstract models only."""

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.images import get_image_model_string

from wagtail_automation import clock
from wagtail_automation.content import as_lead, personal, rendering


class PersonalisedPageMixin(models.Model):
    """Adds one preview mode for each alternative of each dynamic content block of the page, and one "as the
    chosen lead": whom the editor chose on the page of a lead."""

    class Meta:
        abstract = True

    @property
    def preview_modes(self):
        modes = list(super().preview_modes)
        for number, part in enumerate(personal.parts(self), start=1):
            for position, one in enumerate(part.block.alternatives(part.value), start=1):
                label = one.name or _("Alternative %(position)d of block %(number)d") % {
                    "position": position,
                    "number": number,
                }
                if one.id:
                    modes.append((personal.PREVIEW_PREFIX + one.id, label))
        if len(modes) > len(super().preview_modes):
            modes.insert(1, (personal.PREVIEW_LEAD, _("As the lead that I chose")))
        return modes

    def serve_preview(self, request, mode_name):
        if mode_name == personal.PREVIEW_LEAD:
            request.wa_preview_lead = as_lead.chosen(request)
            return super().serve_preview(request, self.default_preview_mode)
        if not mode_name.startswith(personal.PREVIEW_PREFIX):
            return super().serve_preview(request, mode_name)
        request.wa_preview_alternative = mode_name.removeprefix(personal.PREVIEW_PREFIX)
        return super().serve_preview(request, self.default_preview_mode)


class FormPageMixin(models.Model):
    """A page around one form; the template shows it with ``{% automation_form page.form %}``.

    The form's own address, its thank-you state and its answers are those of the form, wherever it stands.
    """

    form = models.ForeignKey(
        "wagtail_automation_content.Form",
        verbose_name=gettext_lazy("form"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    form_panels = [FieldPanel("form")]

    class Meta:
        abstract = True


class TrackedFormPageMixin(models.Model):
    """For existing pages of ``wagtail.contrib.forms``: what is sent is also an answer to a form of ours.

    ``class ContactPage(TrackedFormPageMixin, AbstractEmailForm)``. The chosen form is the mapping: its fields
    are found by their *name in an existing form*, or by their key, which is what ``contrib.forms`` makes of
    the same label. The page itself, its submissions and its email stay as they are.
    """

    automation_form = models.ForeignKey(
        "wagtail_automation_content.Form",
        verbose_name=gettext_lazy("form that says what answers mean"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=gettext_lazy("Its fields fill the lead, its actions run. Empty: nothing is taken over."),
    )

    automation_panels = [FieldPanel("automation_form")]

    class Meta:
        abstract = True

    def serve(self, request, *args, **kwargs):
        self._wa_request = request
        return super().serve(request, *args, **kwargs)

    def process_form_submission(self, form):
        result = super().process_form_submission(form)
        if self.automation_form is not None:
            from wagtail_automation.content import actions  # models import this module

            actions.take_over(
                form=self.automation_form,
                posted=form.cleaned_data,
                request=getattr(self, "_wa_request", None),
                page=self,
                now=clock.now(),
            )
        return result


class LandingPageMixin(PersonalisedPageMixin):
    """A page made for one aim: no way out if wished, a thank-you state, its own words for search and sharing.

    The template gets ``landing``: ``landing.shows_navigation``, ``landing.is_thanked`` (a form of the page
    was just sent) and ``landing.thank_you_text``; ``wagtail_automation/content/landing_head.html`` is the
    part for ``<head>``.
    """

    #: of types whose sections templates may fill: the name of their ``SectionsField``
    landing_body_field = ""
    landing_palette_field = ""

    hide_navigation = models.BooleanField(
        gettext_lazy("hide the site's navigation"),
        default=True,
        help_text=gettext_lazy("A landing page with one way forward is answered more often."),
    )
    landing_thank_you = RichTextField(
        gettext_lazy("thank-you text of the page"),
        blank=True,
        help_text=gettext_lazy("Shown at the top of the page after a form on it was sent."),
    )
    no_index = models.BooleanField(gettext_lazy("hide from search engines"), default=False)
    social_title = models.CharField(gettext_lazy("title when shared"), max_length=255, blank=True)
    social_text = models.CharField(gettext_lazy("text when shared"), max_length=300, blank=True)
    social_image = models.ForeignKey(
        get_image_model_string(),
        verbose_name=gettext_lazy("picture when shared"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    landing_panels = [
        MultiFieldPanel(
            [FieldPanel("hide_navigation"), FieldPanel("landing_thank_you")],
            heading=gettext_lazy("Landing page"),
        ),
    ]
    landing_promote_panels = [
        MultiFieldPanel(
            [
                FieldPanel("social_title"),
                FieldPanel("social_text"),
                FieldPanel("social_image"),
                FieldPanel("no_index"),
            ],
            heading=gettext_lazy("Search and sharing"),
        ),
    ]

    class Meta:
        abstract = True

    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        is_thanked = bool(request.GET.get(rendering.THANKS))
        context["landing"] = {
            "shows_navigation": not self.hide_navigation,
            "is_thanked": is_thanked,
            "thank_you_text": self.landing_thank_you if is_thanked else "",
            # The thank-you state is the same page at another address: never indexed.
            "no_index": self.no_index or is_thanked,
            "title": self.social_title or self.seo_title or self.title,
            "text": self.social_text or self.search_description,
        }
        return context

    def get_sitemap_urls(self, request=None):
        return [] if self.no_index else super().get_sitemap_urls(request)
