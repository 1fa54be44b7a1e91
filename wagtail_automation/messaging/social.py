"""Where else a site is found: profiles on social networks, once in the email settings."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.fields import StreamField

#: names of networks are the same in every language
NETWORKS = [
    ("bluesky", "Bluesky"), ("facebook", "Facebook"), ("github", "GitHub"), ("instagram", "Instagram"),
    ("linkedin", "LinkedIn"), ("mastodon", "Mastodon"), ("pinterest", "Pinterest"), ("telegram", "Telegram"),
    ("threads", "Threads"), ("tiktok", "TikTok"), ("vimeo", "Vimeo"), ("whatsapp", "WhatsApp"), ("x", "X"),
    ("youtube", "YouTube"), ("rss", "RSS"), ("other", _("Another one")),
]  # fmt: skip


class ProfileBlock(blocks.StructBlock):
    """One profile."""

    network = blocks.ChoiceBlock(label=_("Network"), choices=NETWORKS)
    url = blocks.URLBlock(label=_("Address"), max_length=500)
    name = blocks.CharBlock(
        label=_("Name"), required=False, max_length=60, help_text=_("Empty: the network's.")
    )

    class Meta:
        icon = "site"
        label = _("Profile")
        label_format = "{network}"


class ProfilesBlock(blocks.StreamBlock):
    """All profiles of a site, in the order in which emails show them."""

    profile = ProfileBlock()

    class Meta:
        required = False
        max_num = 12


class ProfilesField(StreamField):
    """Migrations hold only this path: a new network changes none."""

    def __init__(self, *args, **kwargs):
        super().__init__(ProfilesBlock, **{"blank": True, "default": list, **kwargs})

    def deconstruct(self):
        name, path, _args, kwargs = super().deconstruct()
        kwargs.pop("block_lookup", None)
        return name, path, [], kwargs


#: networks with a picture in ``static/…/social``; the others are words
SIGNS = {key for key, _name in NETWORKS} - {"other"}


def profiles(settings) -> list[tuple[str, str, str]]:
    """``(network, name, address)`` of each profile."""
    names = dict(NETWORKS)
    return [
        (
            child.value["network"],
            str(child.value["name"] or names.get(child.value["network"], child.value["network"])),
            child.value["url"],
        )
        for child in settings.social_profiles
    ]
