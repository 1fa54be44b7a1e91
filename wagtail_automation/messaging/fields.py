"""The body of an email: a StreamField whose blocks come from a registry and stay out of migrations."""

from wagtail.fields import StreamField

from .body import EmailBody


class EmailBodyField(StreamField):
    """A stream of registered email blocks. Migrations hold only this path: a new block changes none."""

    def __init__(self, *args, **kwargs):
        super().__init__(EmailBody, **kwargs)

    def deconstruct(self):
        name, path, _args, kwargs = super().deconstruct()
        kwargs.pop("block_lookup", None)
        return name, path, [], kwargs
