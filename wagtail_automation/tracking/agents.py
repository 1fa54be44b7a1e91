"""What a browser's own name says to people: which program, on which system. Guesses, for showing only."""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def describe(user_agent: str) -> str:
    """``"Firefox · Windows"``; empty text for what nobody knows."""
    found = [
        next((name for token, name in names if token in user_agent), "") for names in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(filter(None, found))
