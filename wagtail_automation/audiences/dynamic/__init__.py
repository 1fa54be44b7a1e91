"""Dynamic content shared by pages and emails: alternatives, each for those who match a rule; a fallback."""
