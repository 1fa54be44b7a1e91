"""Secrets by reference: records of the admin hold a name, the setting ``SECRETS`` what it stands for."""

from . import conf


class MissingSecretError(LookupError):
    """Nothing in the setting ``SECRETS`` has this name."""


def get(name: str) -> str:
    """The password or key of this name. Raises MissingSecretError."""
    try:
        value = conf.get("SECRETS")[name]
    except KeyError:
        raise MissingSecretError(f"The setting SECRETS has no “{name}”.") from None
    return str(value() if callable(value) else value)


def exists(name: str) -> bool:
    return name in conf.get("SECRETS")
