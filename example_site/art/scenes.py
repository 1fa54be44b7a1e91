"""Landscapes: the river, the night out, the garden at evening, the mill."""

import random

from .shapes import (
    HEIGHT,
    WIDTH,
    alder,
    blur,
    ellipse,
    glow,
    gradient,
    hill,
    line,
    path,
    rect,
    reeds,
    ripples,
    stars,
    svg,
    woods,
)


def bicycle(x: float, y: float, size: float, ink: str, accent: str) -> str:
    """A bicycle with a bag on its handlebar, seen from the side; (x, y) is where the rear wheel stands."""
    r = 60
    wheel = "".join(
        f'<circle cx="{cx}" cy="{-r}" r="{r}" fill="none" stroke="{ink}" stroke-width="6"/>'
        + "".join(
            f'<line x1="{cx}" y1="{-r}" x2="{cx}" y2="{-2 * r + 4}" stroke="{ink}" stroke-width="1.2" opacity=".7" '
            f'transform="rotate({a} {cx} {-r})"/>'
            for a in range(0, 360, 24)
        )
        for cx in (0, 200)
    )
    frame = (
        f'<g fill="none" stroke="{ink}" stroke-width="8" stroke-linecap="round" stroke-linejoin="round">'
        '<path d="M0 -60 L80 -64 L60 -150 Z M80 -64 L165 -140 L60 -150"/>'
        '<path d="M200 -60 L160 -162 M160 -162 q-8 -22 24 -24 q14 0 12 14"/><path d="M60 -150 L54 -172 M36 -174 L74 -172"/></g>'
    )
    bag = (
        f'<rect x="150" y="-170" width="62" height="44" rx="8" fill="{accent}"/>'
        f'<path d="M150 -156 h62" stroke="{ink}" stroke-width="4"/><path d="M168 -170 v44 M196 -170 v44" stroke="{ink}" stroke-width="3" opacity=".6"/>'
        f'<path d="M-34 -128 h62 v14 h-62z" fill="{ink}"/><rect x="-36" y="-116" width="46" height="52" rx="6" fill="{accent}"/>'
    )
    return f'<g transform="translate({x} {y}) scale({size})">{wheel}{frame}{bag}</g>'


def tent(x: float, y: float, size: float, light: str, dark: str, lit: bool = True) -> str:
    """A small ridge tent, its door open; lamplight inside when ``lit``."""
    inside = (
        '<path d="M0 -170 L-64 0 L64 0Z" fill="url(#lamplight)"/>'
        if lit
        else '<path d="M0 -170 L-64 0 L64 0Z" fill="#2b2a22"/>'
    )
    return (
        f'<g transform="translate({x} {y}) scale({size})"><path d="M0 -190 L230 -168 L300 0 L150 0Z" fill="{dark}"/>'
        f'<path d="M0 -190 L-150 0 L150 0Z" fill="{light}"/>{inside}'
        f'<path d="M0 -170 L-64 0 L-104 0Z" fill="{dark}" opacity=".85"/><path d="M0 -170 L64 0 L98 0Z" fill="{dark}" opacity=".55"/>'
        f'<path d="M0 -196 V4 M0 -190 L-196 14 M230 -168 L330 10" stroke="#2a2a22" stroke-width="3" fill="none" opacity=".7"/></g>'
    )


def river() -> str:
    """Home: a river at sundown, alders, a bicycle leaning by the towpath."""
    rng = random.Random(11)
    defs = (
        gradient("sky", "#274a5b", "#6f8f8d", "#e9bd84", "#f6d9a6")
        + gradient("water", "#e9c08a", "#8ea59a", "#36575c")
        + gradient("bank", "#46613f", "#1d3329")
        + glow("sun", "#fff0c4", 1)
    )
    far = hill(rng, 470, 60, "#8aa08c", 1.1, 560) + hill(rng, 510, 40, "#668673", 1.7, 580)
    edge = woods(rng, 545, 44, "#4d6f5c", gaps=((860, 1120),))
    water = rect("url(#water)", 0, 548, WIDTH, 460)
    mirror = f'<g opacity=".35" transform="translate(0 1096) scale(1 -1)" filter="url(#slight)">{edge}</g>'
    light = ripples(rng, 556, 860, "#fff1cf", 130, at=990) + ripples(rng, 570, 900, "#d5e0d4", 50)
    bank = path(
        f"M-20 {HEIGHT} V770 C220 720 420 760 640 820 C900 890 1180 880 1620 800 V{HEIGHT}Z", "url(#bank)"
    )
    towpath = path(
        "M-20 905 C260 850 520 880 760 925 C1020 968 1300 950 1620 890 V960 C1260 1010 980 1010 700 985 C420 950 200 930 -20 985Z",
        "#cfae7b",
        'opacity=".85"',
    )
    leaves = ["#2c4b39", "#3b6045", "#557a4c", "#7d9455", "#a9a45c"]
    trees = (
        alder(rng, 180, 800, 640, leaves, "#20302a")
        + alder(rng, 345, 790, 470, leaves, "#20302a")
        + alder(rng, 1420, 840, 600, leaves, "#20302a")
    )
    grass = reeds(rng, 620, 840, 90, 22, "#48663f", "#5a3d28") + reeds(
        rng, 1210, 872, 110, 26, "#48663f", "#5a3d28"
    )
    return svg(
        defs,
        rect("url(#sky)"),
        ellipse(990, 500, 420, 420, "url(#sun)"),
        ellipse(990, 486, 62, 62, "#fff3cf"),
        far,
        edge,
        water,
        mirror,
        light,
        bank,
        trees,
        towpath,
        grass,
        bicycle(800, 930, 1.12, "#1b2723", "#c8643c"),
        path("M1010 800 l20 130", extra='stroke="#2c2a20" stroke-width="10"'),
    )


def night() -> str:
    """A first night out: a lit tent on the bank under stars."""
    rng = random.Random(5)
    defs = (
        gradient("sky", "#0d1a2b", "#1d3a52", "#47657a", "#c48f74")
        + gradient("lamplight", "#fff1bd", "#f6c065")
        + gradient("water", "#8d7f7c", "#2d4458", "#101d2b")
        + glow("lamp", "#ffcf78", 0.85)
        + glow("moon", "#e9eefc", 0.5)
    )
    leaves = ["#0f1d22", "#13262a", "#182f31"]
    return svg(
        defs,
        rect("url(#sky)"),
        stars(rng, 260, 520),
        ellipse(1240, 190, 190, 190, "url(#moon)"),
        path("M1262 148 A46 46 0 1 0 1284 214 A38 38 0 0 1 1262 148Z", "#f4f1e4"),
        hill(rng, 560, 70, "#31495a", 1.0, 660),
        hill(rng, 600, 46, "#21384a", 1.9, 680),
        rect("url(#water)", 0, 640, WIDTH, 400),
        ripples(rng, 650, 820, "#e8d5c5", 60),
        ripples(rng, 660, 820, "#ffdf9a", 40, at=620),
        path(
            f"M-20 {HEIGHT} V800 C300 742 700 752 1000 800 C1250 838 1450 830 1620 806 V{HEIGHT}Z", "#12211f"
        ),
        ellipse(640, 800, 520, 210, "url(#lamp)"),
        alder(rng, 1330, 840, 690, leaves, "#0b1516"),
        alder(rng, 1490, 850, 560, leaves, "#0b1516"),
        alder(rng, 90, 820, 620, leaves, "#0b1516"),
        tent(620, 862, 1.25, "#e8a95c", "#a55a35"),
        bicycle(960, 884, 0.86, "#0a1414", "#8c4a30"),
        reeds(rng, 330, 870, 120, 26, "#0e1b1a", "#1c1a14"),
    )


def garden() -> str:
    """The watering hour: beds, beans on poles, a low sun."""
    rng = random.Random(23)
    defs = (
        gradient("sky", "#f3c58b", "#f8dfb2", "#fbeed3")
        + gradient("ground", "#6d7d46", "#3d4d2d")
        + glow("sun", "#fff6da", 1)
        + gradient("zinc", "#dfe6e6", "#8fa3a6", angle="h")
    )
    rows = []
    for index in range(7):
        y = 640 + index * index * 8.2
        rows.append(
            path(
                f"M{-100 - index * 60} {y + 40} C400 {y - 26} 1150 {y - 26} {1700 + index * 60} {y + 40} L1700 {y + 62 + index * 5} C1150 {y} 400 {y} -100 {y + 62 + index * 5}Z",
                "#5a4028",
                'opacity=".7"',
            )
        )
        for x in range(-20, WIDTH + 40, 52 + index * 9):
            size = 12 + index * 5
            cy = y + 16 + 0.00003 * (x - 800) ** 2
            for _ in range(5):
                rows.append(
                    ellipse(
                        x + rng.uniform(-size, size),
                        cy - rng.uniform(0, size),
                        size * 0.7,
                        size * 0.5,
                        rng.choice(("#5f8a43", "#76a04d", "#4b7339", "#8fb35c")),
                    )
                )
    poles = []
    for x in (1090, 1180, 1270, 1360, 1450):
        poles.append(
            line(x - 40, 700, x + 14, 330, "#7a5a38", 7) + line(x + 40, 700, x - 14, 330, "#7a5a38", 7)
        )
        for _ in range(40):
            t = rng.random()
            poles.append(
                ellipse(
                    x + rng.uniform(-34, 34) * (0.4 + t),
                    350 + 330 * t,
                    15,
                    12,
                    rng.choice(("#4f7a3d", "#6d9a4a", "#3f6634")),
                )
            )
        for _ in range(7):
            t = rng.random()
            poles.append(ellipse(x + rng.uniform(-30, 30), 370 + 300 * t, 6, 6, "#d4552f"))
    poles.append(line(1040, 345, 1500, 345, "#7a5a38", 8))
    can = (
        '<g transform="translate(330 880) scale(1.5)">'
        '<path d="M-70 0 L-62 -130 Q0 -146 62 -130 L70 0 Q0 16 -70 0Z" fill="url(#zinc)"/>'
        '<path d="M64 -40 L178 -150 L194 -138 L68 -8Z" fill="#93a7a9"/><path d="M166 -166 L214 -132 L204 -122 L160 -154Z" fill="#76898c"/>'
        '<path d="M-62 -120 C-150 -110 -150 -20 -68 -20" fill="none" stroke="#7f9295" stroke-width="12"/>'
        '<path d="M-40 -136 C-30 -210 40 -210 50 -136" fill="none" stroke="#7f9295" stroke-width="11"/>'
        '<path d="M-66 -70 Q0 -58 66 -70" stroke="#7d9092" stroke-width="5" fill="none"/></g>'
    )
    return svg(
        defs,
        rect("url(#sky)"),
        ellipse(560, 400, 520, 520, "url(#sun)"),
        ellipse(560, 420, 70, 70, "#fffaf0"),
        hill(rng, 500, 50, "#b9b878", 1.2, 640),
        woods(rng, 570, 56, "#8b9a5e"),
        woods(rng, 605, 40, "#72854e"),
        rect("url(#ground)", 0, 590, WIDTH, 420),
        *rows,
        *poles,
        ellipse(360, 890, 220, 30, "#26301c", 'opacity=".4" filter="url(#soft)"'),
        can,
    )


def mill() -> str:
    """About: the old mill where things are made, its wheel, its chimney."""
    rng = random.Random(41)
    defs = (
        gradient("sky", "#9fc3c9", "#d6e2d3", "#f4ead0")
        + gradient("wall", "#e7d6b6", "#c9ae86", angle="h")
        + gradient("roof", "#b25a3b", "#8a3f2b")
        + gradient("water", "#a9c3bd", "#58807f", "#2f5254")
        + blur("cloud", 16)
    )
    clouds = "".join(
        ellipse(x + dx, y + dy, 90, 30, "#fffdf4", 'opacity=".75" filter="url(#cloud)"')
        for x, y in ((260, 150), (1180, 110), (820, 230))
        for dx, dy in ((0, 0), (80, -18), (150, 6))
    )
    windows = ""
    for row, y in enumerate((330, 440, 550)):
        for column in range(4):
            x = 620 + column * 112
            if row == 2 and column == 0:
                continue
            windows += (
                f'<rect x="{x}" y="{y}" width="56" height="68" rx="3" fill="#37505a"/>'
                f'<path d="M{x} {y + 34} h56 M{x + 28} {y} v68" stroke="#f2e6cb" stroke-width="5"/>'
                f'<path d="M{x} {y + 68} l56 -52 v52z" fill="#ffe3a1" opacity=".35"/><rect x="{x - 5}" y="{y + 68}" width="66" height="7" fill="#8a7453"/>'
            )
    wheel = '<g transform="translate(1150 620)" stroke="#4a3522" fill="none"><circle r="132" stroke-width="14"/><circle r="100" stroke-width="7"/>'
    wheel += "".join(
        f'<path d="M0 0 V-132 M-20 -134 h40" stroke-width="9" transform="rotate({angle})"/>'
        for angle in range(8, 368, 30)
    )
    wheel += '<circle r="20" fill="#4a3522"/></g>'
    leaves = ["#4c7047", "#5f8550", "#7b9c5b", "#3d5f42"]
    return svg(
        defs,
        rect("url(#sky)"),
        clouds,
        hill(rng, 430, 60, "#a9bd9b", 1.2, 640),
        hill(rng, 500, 50, "#88a67f", 1.8, 700),
        woods(rng, 600, 60, "#5f8560"),
        alder(rng, 470, 690, 470, leaves, "#37402f"),
        rect("#8c7558", 560, 180, 46, 130),
        rect("url(#wall)", 560, 280, 520, 420),
        path("M530 290 L590 200 H1050 L1112 290Z", "url(#roof)"),
        path("M1080 420 h150 l20 40 h-170z", "url(#roof)"),
        windows,
        rect("#5f4128", 616, 560, 70, 140, 4),
        '<circle cx="672" cy="634" r="5" fill="#e7c98b"/>',
        rect("#b79d77", 1066, 460, 24, 240),
        rect("url(#water)", 0, 690, WIDTH, 320),
        f'<g opacity=".2" transform="translate(0 1384) scale(1 -1)" filter="url(#soft)">{rect("#f3dfb6", 560, 430, 520, 270)}</g>',
        wheel,
        ripples(rng, 700, 960, "#eef5ea", 90),
        ripples(rng, 735, 860, "#ffffff", 50, at=1180),
        path(
            f"M-20 {HEIGHT} V700 C120 690 300 696 400 700 C470 704 560 700 590 706 C520 760 420 800 320 850 C220 900 160 950 120 {HEIGHT}Z",
            "#5d7f4a",
        ),
        alder(rng, 130, 800, 620, leaves, "#37402f"),
        alder(rng, 1490, 720, 520, leaves, "#37402f"),
        path(f"M1320 {HEIGHT} C1360 860 1400 760 1480 706 C1540 700 1600 700 1620 700 V{HEIGHT}Z", "#55784a"),
        reeds(rng, 330, 872, 70, 18, "#46643a", "#6a4a2c"),
        reeds(rng, 1360, 900, 60, 16, "#46643a", "#6a4a2c"),
    )
