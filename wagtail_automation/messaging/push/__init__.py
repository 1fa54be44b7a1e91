"""Web push (RFC 8030, 8291, 8292): subscriptions of browsers, the button, messages."""
