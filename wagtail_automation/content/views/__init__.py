"""The HTTP edge of content."""
