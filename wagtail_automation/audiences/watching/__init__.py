"""Watching: who begins to match a rule, and which events somebody waits for, each told exactly once.

Scores, stages and goals all ask the same two things – "tell me when a person begins to match" and "give me
the events of these names" – and both must survive a worker that is killed: the answer and what follows
from it are one transaction.
"""
