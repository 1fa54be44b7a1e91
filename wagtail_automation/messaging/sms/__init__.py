"""Text messages: the snippet, its parts, gateways, STOP."""
