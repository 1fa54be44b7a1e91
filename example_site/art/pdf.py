"""A small PDF written by hand: pages of text in Helvetica. Enough for an example, and the same everywhere."""

import textwrap

#: A4 in points, lines a page
WIDTH, HEIGHT, LINES = 595, 842, 44


def document(title: str, paragraphs: list[str]) -> bytes:
    """A PDF of a title and paragraphs, as many pages as it takes."""
    lines = [title, ""]
    for paragraph in paragraphs:
        lines += [*textwrap.wrap(paragraph, 78), ""]
    pages = [lines[start : start + LINES] for start in range(0, len(lines), LINES)]
    fonts = "/F1 3 0 R /F2 4 0 R"
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        *(
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
            for name in ("Helvetica", "Helvetica-Bold")
        ),
    ]
    for number, page in enumerate(pages):
        words = _content(page, is_first=number == 0)
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] "
            f"/Resources << /Font << {fonts} >> >> /Contents {6 + 2 * number} 0 R >>",
            f"<< /Length {len(words)} >>\nstream\n{words}\nendstream",
        ]
    return _file([one.encode("cp1252", "replace") for one in objects])


def _content(lines: list[str], *, is_first: bool) -> str:
    shown = [f"BT /F1 11 Tf 16 TL 60 {HEIGHT - 80} Td"]
    for number, line in enumerate(lines):
        text = line.replace("\u202f", "\u00a0").translate(str.maketrans({c: f"\\{c}" for c in "\\()"}))
        if is_first and number == 0:
            shown.append(f"/F2 20 Tf ({text}) Tj T* /F1 11 Tf T*")
        else:
            shown.append(f"({text}) Tj T*")
    return "\n".join([*shown, "ET"])


def _file(objects: list[bytes]) -> bytes:
    made, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n" % number + one + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        made
        + b"xref\n0 %d\n0000000000 65535 f \n" % size
        + table
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(made))
    )
