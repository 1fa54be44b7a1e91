"""What a scenario is, and where all of them stand."""

from django.utils.functional import Promise

from wagtail_automation.registry import Registry


class Scenario:
    """One campaign of the library. ``build`` writes it with a ``Kit``; it runs no query of its own.

    The same ``build`` draws the outline in the gallery (nothing is made then) and installs the campaign, so
    that its texts are read when it runs: plain ``gettext``, in the editor's language.
    """

    key: str | None = None
    name: str | Promise = ""
    #: what it does, in a sentence
    sentence: str | Promise = ""
    #: what the editor has to choose or know before publishing, beside reading the emails
    before: tuple[str | Promise, ...] = ()
    icon = "wa-campaign"
    #: place in the gallery; those of the package have 10 to 80
    order = 100
    #: fields of the campaign, such as ``{"reentry": "each"}``
    settings: dict = {}

    def build(self, kit) -> None:
        raise NotImplementedError(f"{type(self).__qualname__} must define build()")


scenarios = Registry("scenarios", Scenario, is_public=True, needs=("build",))
register = scenarios.register
