"""Reading a mailbox by POP3 (RFC 1939). Nothing is deleted there; which mails were read, we keep by the
unique names that the server gives them (UIDL)."""

import contextlib
import hashlib
import poplib
import ssl
from collections.abc import Callable

from wagtail_automation import secret

from . import reports
from .models import Mailbox

#: of a larger mail only so many lines are asked for (TOP), whatever is attached
LINES = 3_000
#: octets of one line that are kept
LONGEST = 65_536


class _LongLines:
    """``poplib`` gives up at a line of more than 2,048 octets: mails behind it would never be read."""

    def _getline(self) -> tuple[bytes, int]:
        line = rest = self.file.readline(LONGEST)
        if not line:
            raise poplib.error_proto("-ERR EOF")
        while rest and not rest.endswith(b"\n"):
            rest = self.file.readline(LONGEST)
        return line.rstrip(b"\r\n"), len(line)


class _Pop(_LongLines, poplib.POP3):
    pass


class _PopOverTLS(_LongLines, poplib.POP3_SSL):
    pass


@contextlib.contextmanager
def _connected(mailbox: Mailbox, timeout: float):
    password = secret.get(mailbox.secret)
    if mailbox.use_ssl:
        context = ssl.create_default_context()
        pop = _PopOverTLS(mailbox.host, mailbox.port, timeout=timeout, context=context)
    else:
        pop = _Pop(mailbox.host, mailbox.port, timeout=timeout)
    try:
        pop.user(mailbox.username)
        pop.pass_(password)
        yield pop
    finally:
        with contextlib.suppress(OSError, poplib.error_proto):
            pop.quit()


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _names(pop) -> dict[str, int]:
    """``{short name: number in this session}`` of all mails, in the order of the server."""
    found = {}
    for line in pop.uidl()[1]:
        number, _space, name = line.decode("ascii", "replace").partition(" ")
        if number.isdigit() and name:
            found[_digest(name)] = int(number)
    return found


def read(mailbox: Mailbox, reading, *, judge: Callable[[bytes], str], most: int, timeout: float) -> None:
    """Judge at most ``most`` mails that were not read yet, and note on ``mailbox`` (not saved) which are
    read. Raises OSError and poplib.error_proto; what was read until then is noted."""
    with _connected(mailbox, timeout) as pop:
        names = _names(pop)
        sizes = dict(tuple(map(int, line.split()[:2])) for line in pop.list()[1])
        read_before = set(mailbox.seen)
        mailbox.seen = [name for name in names if name in read_before]  # the others have left the server
        new = [(name, number) for name, number in names.items() if name not in read_before]
        reading.is_full = len(new) > most
        for name, number in new[:most]:
            said = judge(_fetch(pop, number, sizes.get(number, 0)))
            reading.counts[said] = reading.counts.get(said, 0) + 1
            mailbox.seen.append(name)


def _fetch(pop, number: int, size: int) -> bytes:
    answer = pop.top(number, LINES) if size > reports.MAX_BYTES else pop.retr(number)
    return b"\r\n".join(answer[1])
