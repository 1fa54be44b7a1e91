"""Messaging: emails that editors write, and the outbox that hands each message over once."""
