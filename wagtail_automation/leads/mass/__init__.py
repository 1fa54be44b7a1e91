"""Changing many leads at once: what may be done with them, a count to confirm, the work in the background."""
