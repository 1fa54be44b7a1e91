"""Surveys in emails: the block with one link for each answer, and the step that sends such an email."""
