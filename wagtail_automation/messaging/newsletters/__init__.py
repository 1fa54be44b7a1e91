"""Newsletters: one email sent once to lists and segments, followed, paused and stopped by people."""
