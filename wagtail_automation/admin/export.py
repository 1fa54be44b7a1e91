"""The one neutraliser: no exported cell is ever a formula."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutral(value):
    """A cell value that a spreadsheet shows and never runs (OWASP "CSV injection"): text that could start a
    formula gets an apostrophe in front. Numbers, dates and None pass unchanged."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
