"""Interests: what a person reads and clicks most, fading with time."""
