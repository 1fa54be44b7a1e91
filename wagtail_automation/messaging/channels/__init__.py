"""Channels beside email: text messages, push and whatever a site adds, on the same outbox."""
