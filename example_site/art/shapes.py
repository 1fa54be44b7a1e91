"""Shapes that the pictures share, as SVG text: skies, hills, water, alders, reeds, stars, soft shadows."""

import math
import random

WIDTH, HEIGHT = 1600, 1000


def gradient(name: str, *stops: str, angle: str = "v") -> str:
    """A linear gradient, top to bottom ("v"), left to right ("h") or diagonal ("d")."""
    end = {"v": 'x2="0" y2="1"', "h": 'x2="1" y2="0"', "d": 'x2="1" y2="1"'}[angle]
    steps = "".join(
        f'<stop offset="{index / (len(stops) - 1):.3f}" stop-color="{colour}"/>'
        for index, colour in enumerate(stops)
    )
    return f'<linearGradient id="{name}" x1="0" y1="0" {end}>{steps}</linearGradient>'


def glow(name: str, colour: str, strength: float = 0.9) -> str:
    """A radial gradient that fades to nothing."""
    return (
        f'<radialGradient id="{name}"><stop offset="0" stop-color="{colour}" stop-opacity="{strength}"/>'
        f'<stop offset=".45" stop-color="{colour}" stop-opacity="{strength * 0.35}"/>'
        f'<stop offset="1" stop-color="{colour}" stop-opacity="0"/></radialGradient>'
    )


def blur(name: str, amount: float) -> str:
    """A blur filter with room around it."""
    return (
        f'<filter id="{name}" x="-50%" y="-50%" width="200%" height="200%">'
        f'<feGaussianBlur stdDeviation="{amount}"/></filter>'
    )


def rect(fill: str, x=0, y=0, w=WIDTH, h=HEIGHT, rx=0, extra="") -> str:
    """A rectangle, the whole picture by default."""
    return f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{rx}" fill="{fill}" {extra}/>'


def path(d: str, fill: str = "none", extra: str = "") -> str:
    """A path."""
    return f'<path d="{d}" fill="{fill}" {extra}/>'


def ellipse(cx, cy, rx, ry, fill: str, extra: str = "") -> str:
    """An ellipse."""
    return f'<ellipse cx="{cx:.1f}" cy="{cy:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}" {extra}/>'


def line(x1, y1, x2, y2, stroke: str, width: float, extra: str = "") -> str:
    """A line with round ends."""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" '
        f'stroke-width="{width}" stroke-linecap="round" {extra}/>'
    )


def hill(rng: random.Random, y: float, height: float, fill: str, waves: float = 1.5, bottom=HEIGHT) -> str:
    """A range of hills across the picture whose crest swings around ``y``."""
    phases = [
        (rng.uniform(0, 6.3), waves * factor, share) for factor, share in ((1, 0.6), (2.3, 0.27), (5.1, 0.13))
    ]
    points = []
    for x in range(-20, WIDTH + 40, 20):
        swing = sum(s * math.sin(p + w * 6.283 * x / WIDTH) for p, w, s in phases)
        points.append(f"{x},{y - height * swing:.1f}")
    return f'<polygon points="-20,{bottom} {" ".join(points)} {WIDTH + 20},{bottom}" fill="{fill}"/>'


def woods(rng: random.Random, y: float, size: float, fill: str, gaps=()) -> str:
    """A distant edge of trees on the line ``y``; ``gaps`` are (from, to) without trees."""
    parts, x = [], -30.0
    while x < WIDTH + 30:
        if not any(left < x < right for left, right in gaps):
            r = size * rng.uniform(0.55, 1.1)
            parts.append(ellipse(x, y - r * 0.5, r * 0.62, r, fill))
        x += size * rng.uniform(0.35, 0.8)
    return "".join(parts)


def alder(rng: random.Random, x: float, base: float, height: float, leaves: list[str], trunk: str) -> str:
    """An alder: a slender crown that is widest below the middle, on two or three stems."""
    parts = []
    for lean in (-0.07, 0.02, 0.09)[: rng.choice((2, 3))]:
        top = base - height * 0.8
        parts.append(
            path(
                f"M{x + lean * 60:.0f} {base} Q{x + lean * height * 0.2:.0f} {base - height * 0.4:.0f} "
                f"{x + lean * height:.0f} {top:.0f}",
                extra=f'stroke="{trunk}" stroke-width="{height * 0.022:.1f}" stroke-linecap="round"',
            )
        )
    blobs = []
    for _ in range(46):
        level = rng.random()
        reach = math.sin(math.pi * (0.16 + 0.84 * level) ** 0.75) * height * 0.23
        blobs.append(
            (
                base - height * (0.24 + 0.72 * level),
                x + rng.uniform(-reach, reach),
                height * rng.uniform(0.05, 0.095),
            )
        )
    for cy, cx, r in sorted(blobs, reverse=True):
        shade = leaves[min(len(leaves) - 1, int(rng.random() * len(leaves)))]
        parts.append(ellipse(cx, cy, r, r * 0.86, shade))
    return "".join(parts)


def reeds(rng: random.Random, x: float, base: float, spread: float, count: int, stem: str, head: str) -> str:
    """A clump of reed mace at the water's edge."""
    parts = []
    for _ in range(count):
        foot = x + rng.uniform(-spread, spread)
        tall, lean = rng.uniform(70, 190), rng.uniform(-30, 30)
        parts.append(
            path(
                f"M{foot:.0f} {base} Q{foot:.0f} {base - tall * 0.6:.0f} {foot + lean:.0f} {base - tall:.0f}",
                extra=f'stroke="{stem}" stroke-width="4" stroke-linecap="round"',
            )
        )
        if rng.random() < 0.45:
            parts.append(
                ellipse(
                    foot + lean,
                    base - tall - 12,
                    6,
                    20,
                    head,
                    f'transform="rotate({lean / 3:.0f} {foot + lean:.0f} {base - tall:.0f})"',
                )
            )
    return "".join(parts)


def ripples(rng: random.Random, top: float, bottom: float, colour: str, count: int = 60, at=None) -> str:
    """Flat strokes of light on water, denser around ``at`` if given."""
    parts = []
    for _ in range(count):
        depth = rng.random() ** 1.4
        y = top + (bottom - top) * depth
        x = rng.gauss(at, 60 + 130 * depth) if at is not None else rng.uniform(0, WIDTH)
        half = rng.uniform(14, 60) * (0.4 + depth)
        parts.append(
            line(x - half, y, x + half, y, colour, 1.5 + 3 * depth, f'opacity="{rng.uniform(0.15, 0.6):.2f}"')
        )
    return "".join(parts)


def stars(rng: random.Random, count: int, bottom: float) -> str:
    """A clear night."""
    return "".join(
        f'<circle cx="{rng.uniform(0, WIDTH):.0f}" cy="{bottom * rng.random() ** 1.3:.0f}" r="{rng.choice((1.2, 1.5, 1.8, 2.6))}" '
        f'fill="#fff6df" opacity="{rng.uniform(0.25, 0.95):.2f}"/>'
        for _ in range(count)
    )


def leaf(x: float, y: float, length: float, angle: float, fill: str, vein: str) -> str:
    """One alder leaf: round, with a notch at the tip and straight veins."""
    w = length * 0.44
    veins = "".join(
        line(0, -length * t, side * w * 0.72, -length * (t + 0.16), vein, 1.6, 'opacity=".7"')
        for t in (0.2, 0.38, 0.56, 0.72)
        for side in (-1, 1)
    )
    outline = (
        f"M0 0 C{-w * 0.9:.1f} {-length * 0.12:.1f} {-w * 1.25:.1f} {-length * 0.75:.1f} {-w * 0.35:.1f} {-length:.1f} "
        f"Q0 {-length * 0.9:.1f} {w * 0.35:.1f} {-length:.1f} C{w * 1.25:.1f} {-length * 0.75:.1f} {w * 0.9:.1f} {-length * 0.12:.1f} 0 0Z"
    )
    return (
        f'<g transform="translate({x:.0f} {y:.0f}) rotate({angle:.0f})">{line(0, length * 0.25, 0, -length * 0.88, vein, 2.4)}'
        f"{path(outline, fill)}{line(0, 0, 0, -length * 0.88, vein, 2)}{veins}</g>"
    )


def shadow(cx: float, cy: float, rx: float, ry: float, opacity: float = 0.35) -> str:
    """The soft shadow of something that stands; needs the filter ``soft``."""
    return ellipse(cx, cy, rx, ry, "#14160f", f'opacity="{opacity}" filter="url(#soft)"')


def svg(defs: str, *parts: str) -> str:
    """A whole picture."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f"<defs>{defs}{blur('soft', 18)}{blur('softer', 40)}{blur('slight', 3)}</defs>{''.join(parts)}</svg>"
    )
