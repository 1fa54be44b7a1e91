"""People: leads, what identifies them, their fields, their consents, and how two records become one."""
