"""Stages: how far a person has come, from stranger to client."""
