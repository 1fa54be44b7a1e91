"""Categories: one table for the nine kinds of things that people sort."""
