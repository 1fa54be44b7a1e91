"""The tracked links of one email while it is compiled: a number for each place where one stands."""

import re
from collections import Counter

from django.utils.html import strip_tags

VARIABLE = re.compile(r"\{\{ (link_\d+) \}\}")
ALT = re.compile(r"<img\b[^>]*?\salt=\"([^\"]*)\"", re.IGNORECASE)
MAX_LABEL = 200


def words_of(inner: str) -> str:
    """What an ``<a>`` says: its words, else the description of its picture. Both as in HTML, escaped."""
    words = strip_tags(inner)
    if words.strip():
        return words
    return " ".join(ALT.findall(inner))


class Links(dict):
    """``{"link_1": (address, label)}``. Two links to one address are two, told apart by their order.

    The text part is written before the HTML part and names an address only (``first``); what stands there is
    given to the places of the HTML part in their order at the end (``spread``).
    """

    def __init__(self):
        super().__init__()
        #: ``{"link_3": "d1:2"}``: the alternative in which a link stands
        self.parts: dict[str, str] = {}
        self._names: dict[str, list[str]] = {}
        self._met: Counter = Counter()

    def first(self, address: str, label: str = "") -> str:
        """The Liquid expression for an address, wherever it stands."""
        names = self._names.get(address)
        return f"{{{{ {names[0] if names else self._add(address, label)} }}}}"

    def next(self, address: str, label: str, part: str = "") -> str:
        """The Liquid expression for the next place at which an address stands in the HTML part."""
        names, place = self._names.get(address, []), self._met[address]
        self._met[address] += 1
        name = names[place] if place < len(names) else self._add(address, label)
        if label.strip():
            self[name] = (address, _line(label))
        if part:
            self.parts[name] = part
        return f"{{{{ {name} }}}}"

    def _add(self, address: str, label: str) -> str:
        name = f"link_{len(self) + 1}"
        self[name] = (address, _line(label))
        self._names.setdefault(address, []).append(name)
        return name

    def spread(self, text: str) -> str:
        """The text part, in which the second link to an address is the second place of the HTML part."""
        met: Counter = Counter()

        def place(match):
            if match[1] not in self:
                return match[0]
            address = self[match[1]][0]
            names = self._names[address]
            name = names[min(met[address], len(names) - 1)]
            met[address] += 1
            return f"{{{{ {name} }}}}"

        return VARIABLE.sub(place, text)

    def used(self, *sources: str) -> dict[str, tuple[str, str]]:
        """Those that stand in any of these templates."""
        found = {name for source in sources for name in VARIABLE.findall(source)}
        return {name: link for name, link in self.items() if name in found}


def _line(label: str) -> str:
    return " ".join(label.split())[:MAX_LABEL]
