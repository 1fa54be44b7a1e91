"""Importing people – and, by registered kinds, what other apps know about them – from files."""
