"""Marketing automation inside a Wagtail site: leads, audiences, messages, content and campaigns."""

__version__ = "0.1.0"
