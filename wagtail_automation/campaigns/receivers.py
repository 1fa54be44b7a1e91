"""Ears of the campaigns: what happens elsewhere and concerns people inside, or brings people in."""


def connect() -> None:
    """Connect every receiver; called once the models are loaded."""
