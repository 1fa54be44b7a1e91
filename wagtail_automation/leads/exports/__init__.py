"""Exporting people in the background: whom, with which columns, into a file that one person may fetch."""
