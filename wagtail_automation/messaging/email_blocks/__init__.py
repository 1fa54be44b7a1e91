"""The blocks an email is made of. Each one: its form, its MJML, its lines in the text part."""

from . import basic, dynamic, frame, pages, raw, shared, signature  # noqa: F401  (they register themselves)
