"""Writing files into the database in pieces and reading them back as a stream, with flat memory."""

import io
from collections.abc import Iterable

from django.db import transaction

from wagtail_automation.leads.models import StoredFile, StoredPiece

PIECE = 512 * 1024


def create(name: str, chunks: Iterable[bytes] = ()) -> StoredFile:
    """A new file with this content."""
    with transaction.atomic():
        file = StoredFile.objects.create(name=name[:255])
        buffer = bytearray()
        for chunk in chunks:
            buffer += chunk
            while len(buffer) >= PIECE:
                append(file, bytes(buffer[:PIECE]))
                del buffer[:PIECE]
        append(file, bytes(buffer))
    return file


def append(file: StoredFile, data: bytes) -> None:
    """Add bytes at the end. Two who append at the same place: one gets an IntegrityError."""
    if data:
        StoredPiece.objects.create(file=file, start=file.size, data=data)
        file.size += len(data)
        file.save(update_fields=["size"])


def remove(*files: StoredFile | None) -> None:
    """Delete files with their pieces."""
    pks = [file.pk for file in files if file is not None]
    pieces = StoredPiece.objects.filter(file__in=pks)
    pieces._raw_delete(pieces.db)
    StoredFile.objects.filter(pk__in=pks).delete()


def pieces(file: StoredFile) -> Iterable[bytes]:
    """The content in order, one piece in memory at a time."""
    start = 0
    while start < file.size:
        data = StoredPiece.objects.values_list("data", flat=True).get(file=file, start=start)
        yield bytes(data)
        start += len(data)


class StoredReader(io.RawIOBase):
    """A seekable stream over a stored file; keeps the piece it is in."""

    def __init__(self, file: StoredFile):
        self.file, self._at = file, 0
        self._starts = list(file.pieces.order_by("start").values_list("start", flat=True))
        self._piece: tuple[int, bytes] = (0, b"")

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self._at

    def seek(self, offset, whence=io.SEEK_SET):
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.file.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer):
        start, data = self._piece
        if not start <= self._at < start + len(data):
            found = [begin for begin in self._starts if begin <= self._at]
            if not found or self._at >= self.file.size:
                return 0
            start = found[-1]
            row = StoredPiece.objects.values_list("data", flat=True).get(file=self.file, start=start)
            data = bytes(row)
            self._piece = (start, data)
        part = data[self._at - start : self._at - start + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


def open_stream(file: StoredFile) -> io.BufferedReader:
    """The content as a buffered, seekable binary stream."""
    return io.BufferedReader(StoredReader(file), buffer_size=256 * 1024)
