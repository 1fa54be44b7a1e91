"""Still lifes: the four products, the workbench, the guide, the repair shelf, the letter box."""

import random

from .shapes import WIDTH, blur, ellipse, glow, gradient, leaf, line, path, rect, shadow, svg


def studio(name: str, wall: tuple[str, str], floor: tuple[str, str], disc: str) -> tuple[str, str]:
    """(definitions, backdrop) of a quiet studio: a wall, a floor, a large soft disc."""
    defs = (
        gradient(f"{name}wall", *wall)
        + gradient(f"{name}floor", *floor)
        + glow(f"{name}light", "#fffdf2", 0.55)
    )
    backdrop = (
        rect(f"url(#{name}wall)")
        + ellipse(800, 470, 370, 370, disc)
        + ellipse(520, 200, 700, 560, f"url(#{name}light)")
        + path("M0 760 C400 738 1200 738 1600 760 V1000 H0Z", f"url(#{name}floor)")
    )
    return defs, backdrop


def sprig(rng: random.Random, x: float, y: float, lean: float, fill: str, vein: str, count: int = 7) -> str:
    """A twig of alder leaves."""
    parts = [
        path(f"M{x} {y} q{lean * 0.3:.0f} -160 {lean:.0f} -330", extra=f'stroke="{vein}" stroke-width="6"')
    ]
    for index in range(count):
        t = (index + 1) / (count + 0.5)
        side = -1 if index % 2 else 1
        parts.append(
            leaf(x + lean * t * t, y - 330 * t, rng.uniform(88, 120), side * rng.uniform(38, 66), fill, vein)
        )
    return "".join(parts)


def bag() -> str:
    """The Otter: a handlebar bag of waxed canvas with two leather straps."""
    rng = random.Random(3)
    defs, backdrop = studio("s", ("#d9c8a4", "#e9dcc0"), ("#b89d70", "#8f7550"), "#c7ae7f")
    defs += gradient("canvas", "#6d7a4a", "#55633a", "#3b472a") + gradient("flap", "#7f8c56", "#5d6b3f")
    defs += gradient("leather", "#a9643a", "#7a4124", angle="h")
    stitches = 'stroke="#d9cfa6" stroke-width="3" stroke-dasharray="13 9" fill="none" opacity=".85"'
    strap = "".join(
        rect("url(#leather)", x, 372, 54, 330, 8)
        + rect("#d8b45c", x - 9, 588, 72, 54, 8)
        + rect("#8b4d2c", x + 6, 600, 42, 30, 3)
        + line(x + 27, 590, x + 27, 640, "#e9cd7e", 6)
        + path(f"M{x + 8} 384 V690 M{x + 46} 384 V690", extra=stitches)
        for x in (610, 938)
    )
    return svg(
        defs,
        backdrop,
        sprig(rng, 1240, 800, 120, "#5d7a4a", "#3c5536"),
        shadow(800, 790, 420, 40),
        path(
            "M560 250 C620 190 980 190 1040 250",
            extra='stroke="#6a3b22" stroke-width="30" stroke-linecap="round"',
        ),
        path(
            "M452 330 Q440 300 480 296 H1120 Q1160 300 1148 330 L1180 720 Q1184 778 1124 782 H476 Q416 778 420 720Z",
            "url(#canvas)",
        ),
        path(
            "M440 300 Q448 264 490 262 H1110 Q1152 264 1160 300 L1176 520 Q1170 560 1120 562 H480 Q430 560 424 520Z",
            "url(#flap)",
        ),
        path("M450 516 Q456 544 490 546 H1110 Q1144 544 1150 516", extra=stitches),
        path("M440 740 Q446 764 490 766 H1110 Q1154 764 1160 740", extra=stitches),
        strap,
        rect("#e8dcbc", 742, 620, 116, 62, 6),
        leaf(800, 668, 36, 0, "#55633a", "#e8dcbc"),
        path("M480 270 C520 330 500 440 470 520", extra='stroke="#fff" stroke-width="26" opacity=".07"'),
    )


def lantern() -> str:
    """The Glow-worm: a small brass lantern."""
    rng = random.Random(9)
    defs, backdrop = studio("s", ("#1f3540", "#2d4a4f"), ("#2a3a33", "#172420"), "#36585a")
    defs += gradient("brass", "#8f6a2c", "#f0cf7c", "#b98a3c", "#6d4d1f", angle="h") + glow(
        "flame", "#ffd98a", 1
    )
    defs += gradient("glass", "#fff3c6", "#f3b75c") + glow("pool", "#ffc768", 0.7)
    return svg(
        defs,
        backdrop,
        sprig(rng, 380, 820, -110, "#3f6450", "#20392f"),
        ellipse(800, 520, 640, 520, "url(#pool)"),
        ellipse(800, 806, 460, 70, "url(#pool)"),
        shadow(800, 806, 190, 22, 0.6),
        path("M668 300 C640 90 960 90 932 300", extra='stroke="url(#brass)" stroke-width="12"'),
        rect("url(#brass)", 752, 214, 96, 36, 10),
        path("M700 300 Q704 246 760 244 H840 Q896 246 900 300Z", "url(#brass)"),
        rect("url(#brass)", 672, 296, 256, 30, 10),
        rect("url(#glass)", 694, 326, 212, 344, 26, 'opacity=".9"'),
        ellipse(800, 520, 190, 210, "url(#flame)"),
        path("M800 420 C850 500 846 570 800 580 C754 570 750 500 800 420Z", "#fffbe6"),
        path("M800 486 C822 526 820 560 800 568 C780 560 778 526 800 486Z", "#f7a63f"),
        line(800, 566, 800, 610, "#4c3413", 8),
        "".join(
            line(x, 328, x, 668, "url(#brass)" if x in (694, 906) else "#c1913f", 9)
            for x in (694, 764, 836, 906)
        ),
        rect("url(#brass)", 672, 664, 256, 30, 10),
        path("M690 694 H910 L940 790 Q800 816 660 790Z", "url(#brass)"),
        '<circle cx="942" cy="742" r="22" fill="#d9b25d"/><circle cx="942" cy="742" r="9" fill="#7b5823"/>',
        path("M716 346 V650", extra='stroke="#fff" stroke-width="12" opacity=".5" stroke-linecap="round"'),
    )


def can() -> str:
    """The Heron: a watering can with a long neck."""
    rng = random.Random(14)
    defs, backdrop = studio("s", ("#c9d6c0", "#dfe6d1"), ("#9c9a6c", "#77784f"), "#b2c5a6")
    defs += gradient("zinc", "#46707a", "#8fb4b6", "#5a8890", "#355a63", angle="h") + gradient(
        "neck", "#79a3a7", "#3f6771"
    )
    drops = "".join(
        ellipse(
            1280 + rng.uniform(-30, 90),
            330 + rng.uniform(20, 330),
            4,
            11,
            "#6f9aa6",
            'opacity=".75" transform="rotate(-12 1300 480)"',
        )
        for _ in range(34)
    )
    return svg(
        defs,
        backdrop,
        sprig(rng, 330, 810, -60, "#6d8f4e", "#4a6a38"),
        shadow(740, 806, 330, 34),
        drops,
        path("M900 600 C1010 590 1090 380 1210 268 L1246 296 C1140 420 1080 690 912 716Z", "url(#neck)"),
        path("M1178 226 L1296 322 L1270 348 L1168 262Z", "#3f6771"),
        "".join(ellipse(1196 + i * 22, 250 + i * 19, 5, 5, "#bcd4d3") for i in range(5)),
        path(
            "M520 470 C340 450 360 740 540 724",
            extra='stroke="url(#neck)" stroke-width="34" stroke-linecap="round"',
        ),
        path(
            "M600 396 C600 170 860 170 880 396",
            extra='stroke="url(#neck)" stroke-width="30" stroke-linecap="round"',
        ),
        path("M516 420 Q738 372 948 420 L976 776 Q744 836 494 776Z", "url(#zinc)"),
        ellipse(732, 418, 216, 36, "#2f525b"),
        path("M516 420 Q560 452 732 454 Q904 452 948 420", extra='stroke="#a9c7c8" stroke-width="7"'),
        path(
            "M504 640 Q740 690 966 640 M500 700 Q740 752 970 700",
            extra='stroke="#35606a" stroke-width="6" opacity=".7"',
        ),
        leaf(738, 600, 76, 0, "#e9e2c4", "#46707a"),
        path(
            "M560 450 L540 760", extra='stroke="#fff" stroke-width="22" opacity=".16" stroke-linecap="round"'
        ),
    )


def blanket() -> str:
    """The Badger: a folded wool blanket with a fringe, an apple on top."""
    rng = random.Random(21)
    defs, backdrop = studio("s", ("#e5cdbb", "#f0dfcf"), ("#b58d74", "#8e6a55"), "#d7b29a")
    defs += gradient("wool", "#8e4a4c", "#6d3540") + gradient("apple", "#e2804c", "#b23c2c", angle="d")
    layers = ""
    for index, (y, left, right) in enumerate(
        ((690, 430, 1170), (590, 446, 1158), (490, 436, 1166), (392, 452, 1150))
    ):
        shape = f"M{left} {y + 14} Q{left - 26} {y + 54} {left} {y + 94} H{right} Q{right + 34} {y + 54} {right} {y + 14} Q800 {y - 4} {left} {y + 14}Z"
        layers += f'<clipPath id="fold{index}"><path d="{shape}"/></clipPath>' + path(shape, "url(#wool)")
        layers += f'<g clip-path="url(#fold{index})">'
        for x in range(left, right + 40, 150):
            layers += rect("#e7c9a2", x, y - 10, 34, 120, 0, 'opacity=".85"') + rect(
                "#3f5a50", x + 58, y - 10, 46, 120, 0, 'opacity=".75"'
            )
        layers += rect("#e7c9a2", left - 40, y + 32, right - left + 90, 8, 0, 'opacity=".7"') + rect(
            "#2a1a1c", left - 40, y + 76, right - left + 90, 24, 0, 'opacity=".28" filter="url(#slight)"'
        )
        layers += "</g>"
    fringe = "".join(
        line(x, 780, x + rng.uniform(-5, 5), 822 + rng.uniform(-5, 8), "#7a3f44", 5)
        for x in range(440, 1166, 13)
    )
    return svg(
        defs,
        backdrop,
        sprig(rng, 1290, 800, 90, "#7c8f5a", "#59693f", 6),
        shadow(800, 816, 430, 30),
        fringe,
        layers,
        shadow(720, 402, 70, 10, 0.4),
        path(
            "M720 300 C780 262 826 310 800 366 C782 404 750 406 722 396 C692 406 660 404 642 366 C616 310 664 262 720 300Z",
            "url(#apple)",
        ),
        path(
            "M720 304 C716 280 724 262 738 250",
            extra='stroke="#5a3a22" stroke-width="7" stroke-linecap="round"',
        ),
        leaf(736, 262, 56, 62, "#7f9a50", "#566f38"),
        ellipse(678, 330, 12, 22, "#fff", 'opacity=".4" transform="rotate(20 678 330)"'),
        rect("#f2e8d3", 1010, 530, 86, 108, 4),
        leaf(1053, 616, 50, 0, "#6d3540", "#f2e8d3"),
    )


def bench() -> str:
    """Mending: thread, a tin of wax, an awl, a strip of canvas on a workbench."""
    rng = random.Random(31)
    defs = (
        gradient("wood", "#a97a4c", "#8a5e37")
        + gradient("canvas", "#7f8c56", "#56633a", angle="d")
        + gradient("tin", "#d9dcd6", "#8d938c", angle="h")
        + glow("lamp", "#fff0c8", 0.6)
        + gradient("handle", "#c8643c", "#8b3f26")
        + blur("deep", 26)
    )
    planks = "".join(
        rect("#5d3d22", 0, y, WIDTH, 5, 0, 'opacity=".55"')
        + "".join(
            path(
                f"M0 {y + d} C400 {y + d + rng.uniform(-14, 14):.0f} 1100 {y + d + rng.uniform(-14, 14):.0f} 1600 {y + d}",
                extra='stroke="#6f4927" stroke-width="2" opacity=".45"',
            )
            for d in (40, 76, 120, 160)
        )
        for y in range(0, 1000, 200)
    )
    cloth = path("M140 300 L820 190 L900 700 L210 820Z", "url(#canvas)") + path(
        "M166 326 L798 222 L872 678 L232 790Z",
        extra='stroke="#dcd2a8" stroke-width="5" stroke-dasharray="20 14"',
    )
    patch = path("M380 430 L650 388 L678 572 L404 616Z", "#c9a25e") + path(
        "M392 442 L640 404 L664 562 L414 602Z",
        extra='stroke="#8b3f26" stroke-width="6" stroke-dasharray="22 12"',
    )
    spool = (
        '<g transform="translate(1120 300)"><ellipse cx="6" cy="160" rx="120" ry="34" fill="#241507" opacity=".4" filter="url(#soft)"/>'
        '<rect x="-84" y="-20" width="168" height="150" fill="#c8643c"/>'
        + "".join(
            f'<path d="M-84 {y} q84 18 168 0" stroke="#9b4526" stroke-width="4" fill="none"/>'
            for y in range(-14, 136, 12)
        )
        + '<ellipse cx="0" cy="138" rx="108" ry="30" fill="#b98b58"/><ellipse cx="0" cy="130" rx="108" ry="30" fill="#d6ab74"/>'
        '<ellipse cx="0" cy="-24" rx="108" ry="30" fill="#c89a63"/><ellipse cx="0" cy="-32" rx="108" ry="30" fill="#e2bb86"/><ellipse cx="0" cy="-32" rx="26" ry="8" fill="#5d3d22"/></g>'
    )
    wax = (
        '<g transform="translate(1300 690)"><ellipse cx="6" cy="66" rx="190" ry="66" fill="#241507" opacity=".45" filter="url(#soft)"/>'
        '<path d="M-170 0 V54 Q0 150 170 54 V0Z" fill="url(#tin)"/><ellipse rx="170" ry="74" fill="#b8bdb6"/><ellipse rx="156" ry="66" fill="#e8bb58"/>'
        '<path d="M-110 -10 C-60 30 40 -40 110 16" stroke="#c99a3a" stroke-width="14" fill="none" opacity=".7"/><ellipse cx="-50" cy="-20" rx="46" ry="12" fill="#f8dd97" opacity=".8"/></g>'
    )
    awl = (
        '<g transform="translate(960 820) rotate(-28)"><path d="M-30 40 h340" stroke="#241507" stroke-width="34" opacity=".3" filter="url(#soft)"/>'
        '<path d="M150 -5 L330 0 L150 5Z" fill="#cfd4d0"/><rect x="120" y="-16" width="34" height="32" rx="5" fill="#d8b45c"/><path d="M-70 0 C-70 -46 60 -40 122 -18 V18 C60 40 -70 46 -70 0Z" fill="url(#handle)"/></g>'
    )
    thread = path(
        "M1040 420 C960 520 840 380 700 480 S640 560 664 560", extra='stroke="#c8643c" stroke-width="5"'
    )
    return svg(
        defs,
        rect("url(#wood)"),
        planks,
        path("M150 330 L830 220 L920 730 L230 850Z", "#1e1206", 'opacity=".45" filter="url(#deep)"'),
        cloth,
        patch,
        thread,
        spool,
        wax,
        awl,
        ellipse(460, 160, 900, 700, "url(#lamp)"),
    )


def guide() -> str:
    """The landing page: the printed guide on a map, a pencil beside it."""
    rng = random.Random(52)
    defs = (
        gradient("cover", "#2f5a52", "#1d3a38")
        + gradient("page", "#f4ecd8", "#d9ccb0", angle="h")
        + gradient("dusk", "#f0c07f", "#d98357")
        + blur("deep", 30)
    )
    contours = "".join(
        path(
            f"M-50 {120 + i * 70} C300 {40 + i * 80 + rng.uniform(-40, 40):.0f} 600 {240 + i * 60:.0f} 900 {110 + i * 76:.0f} S1400 {60 + i * 84:.0f} 1700 {170 + i * 70}",
            extra='stroke="#b9ab7e" stroke-width="3" opacity=".7"',
        )
        for i in range(14)
    )
    water = path(
        "M-40 700 C260 620 380 860 700 800 S1200 560 1660 690",
        extra='stroke="#8db3b7" stroke-width="46" opacity=".75"',
    )
    road = path(
        "M-40 640 C280 560 420 800 720 740 S1180 500 1660 620",
        extra='stroke="#c8643c" stroke-width="7" stroke-dasharray="24 16"',
    )
    book = (
        '<g transform="translate(800 500) rotate(-7)"><rect x="-252" y="-330" width="530" height="700" rx="8" fill="#130f07" opacity=".5" filter="url(#deep)"/>'
        '<rect x="-240" y="-346" width="508" height="700" rx="6" fill="url(#page)"/><rect x="-260" y="-350" width="508" height="700" rx="8" fill="url(#cover)"/>'
        '<rect x="-260" y="-350" width="40" height="700" rx="8" fill="#14302e" opacity=".6"/>'
        '<clipPath id="window"><circle cx="14" cy="-60" r="168"/></clipPath><g clip-path="url(#window)">'
        '<rect x="-160" y="-230" width="350" height="340" fill="url(#dusk)"/><circle cx="70" cy="-80" r="44" fill="#fff1c9"/>'
        '<path d="M-180 0 Q-60 -90 40 -20 T240 -30 V120 H-180Z" fill="#5b7a5a"/><path d="M-180 50 Q-40 0 80 40 T240 30 V120 H-180Z" fill="#2a4a40"/>'
        '<path d="M-40 46 L10 -40 L60 46Z" fill="#e8b05e"/><path d="M10 -34 L-10 46 H30Z" fill="#fff0c0"/></g>'
        '<circle cx="14" cy="-60" r="168" fill="none" stroke="#ecd9ab" stroke-width="6"/>'
        '<path d="M-120 190 h268 M-80 230 h188" stroke="#ecd9ab" stroke-width="14" stroke-linecap="round"/><path d="M-50 276 h128" stroke="#ecd9ab" stroke-width="6" stroke-linecap="round" opacity=".7"/></g>'
    )
    pencil = (
        '<g transform="translate(1210 640) rotate(62)"><path d="M-210 30 h420" stroke="#130f07" stroke-width="30" opacity=".35" filter="url(#soft)"/>'
        '<rect x="-220" y="-17" width="380" height="34" fill="#d8a441"/><rect x="-220" y="-17" width="380" height="11" fill="#e9bf6a"/>'
        '<path d="M160 -17 L226 0 L160 17Z" fill="#ecd3a6"/><path d="M206 -5 L226 0 L206 5Z" fill="#2c2a26"/><rect x="-252" y="-17" width="34" height="34" rx="6" fill="#c76b55"/></g>'
    )
    compass = (
        '<g transform="translate(330 330)"><circle cx="8" cy="16" r="120" fill="#130f07" opacity=".35" filter="url(#soft)"/><circle r="118" fill="#c9a455"/><circle r="100" fill="#f6efdc"/>'
        + "".join(
            f'<path d="M0 -92 v{14 if a % 90 else 24}" stroke="#4d4636" stroke-width="4" transform="rotate({a})"/>'
            for a in range(0, 360, 30)
        )
        + '<g transform="rotate(32)"><path d="M0 -76 L15 0 L-15 0Z" fill="#c8502f"/><path d="M0 76 L15 0 L-15 0Z" fill="#3d5a63"/></g><circle r="9" fill="#4d4636"/></g>'
    )
    return svg(defs, rect("#e9dfc0"), contours, water, road, compass, book, pencil)


def shelf() -> str:
    """Care plans: bags and lanterns waiting on the repair shelf, each with a label."""
    rng = random.Random(63)
    defs = (
        gradient("wall", "#2f4a45", "#3d5b52")
        + gradient("board", "#b98556", "#8a5c36")
        + gradient("brass", "#8f6a2c", "#f0cf7c", "#8a6328", angle="h")
        + glow("lamp", "#ffe7b0", 0.55)
    )

    def sack(x, y, w, h, fill, dark):
        return (
            rect("#0d1512", x + 14, y - h + 22, w, h, 14, 'opacity=".4" filter="url(#soft)"')
            + rect(fill, x, y - h, w, h, 14)
            + path(f"M{x} {y - h + 14} q0 -14 14 -14 h{w - 28} q14 0 14 14 v{h * 0.42:.0f} h-{w}z", dark)
            + rect("#8b4d2c", x + w * 0.22, y - h, 22, h * 0.72, 4)
            + rect("#8b4d2c", x + w * 0.7, y - h, 22, h * 0.72, 4)
        )

    def tag(x, y, angle):
        return (
            f'<g transform="translate({x} {y}) rotate({angle})"><path d="M0 -40 V0" stroke="#efe4c6" stroke-width="3"/>'
            '<path d="M-26 12 L0 -8 L26 12 V84 H-26Z" fill="#f3e9cf"/><circle cy="10" r="5" fill="#8b6b44"/>'
            '<path d="M-14 36 h28 M-14 50 h28 M-14 64 h16" stroke="#a08a63" stroke-width="4"/></g>'
        )

    def lamp(x, y, s):
        return (
            f'<g transform="translate({x} {y}) scale({s})"><path d="M-44 -150 C-50 -230 50 -230 44 -150" stroke="#c1913f" stroke-width="7" fill="none"/>'
            '<rect x="-52" y="-154" width="104" height="18" rx="6" fill="url(#brass)"/><rect x="-44" y="-136" width="88" height="100" rx="8" fill="#f4d595" opacity=".75"/>'
            '<path d="M-44 -136 V-36 M44 -136 V-36 M0 -136 V-36" stroke="#c1913f" stroke-width="6"/><path d="M-52 -38 h104 l12 38 h-128z" fill="url(#brass)"/></g>'
        )

    boards = "".join(
        rect("url(#board)", 60, y, 1480, 34, 4)
        + rect("#101a17", 60, y + 34, 1480, 26, 0, 'opacity=".35" filter="url(#slight)"')
        for y in (420, 800)
    )
    jars = "".join(
        rect("#cfe0d6", x, 690, 84, 110, 14, 'opacity=".5"')
        + rect(c, x + 6, 730, 72, 66, 10, 'opacity=".85"')
        + rect("#c9a455", x - 2, 676, 88, 20, 5)
        for x, c in ((1240, "#c8643c"), (1342, "#d8b45c"), (1444, "#6d8f4e"))
    )
    coils = "".join(
        "".join(
            f'<ellipse cx="{x}" cy="{788 - i * 17}" rx="{66 - i}" ry="13" fill="none" stroke="{c}" stroke-width="11"/>'
            for i in range(5)
        )
        for x, c in ((700, "#d9c8a4"), (860, "#c8643c"))
    )
    return svg(
        defs,
        rect("url(#wall)"),
        ellipse(800, 120, 900, 620, "url(#lamp)"),
        boards,
        sack(150, 420, 260, 200, "#6d7a4a", "#7f8c56"),
        sack(450, 420, 210, 160, "#8e4a4c", "#a35d5a"),
        sack(1130, 420, 280, 210, "#46707a", "#5a8890"),
        lamp(790, 420, 1.1),
        lamp(980, 420, 0.9),
        sack(140, 800, 380, 250, "#b98b4e", "#cfa265"),
        coils,
        lamp(1050, 800, 1.2),
        jars,
        tag(280, 318, -5),
        tag(560, 340, 7),
        tag(1280, 312, 4),
        tag(340, 664, -8),
        "".join(
            leaf(90 + i * 30, 80 + i * 22, rng.uniform(60, 90), 120 + i * 14, "#5d7a4a", "#3c5536")
            for i in range(4)
        ),
    )


def letters() -> str:
    """Contact: an enamel letter box on the mill's wall, ivy around it."""
    rng = random.Random(77)
    defs = (
        gradient("enamel", "#d06a42", "#b24d2c", "#8c3a22", angle="h")
        + gradient("wall", "#d9c39a", "#bfa478", angle="d")
        + glow("sun", "#fff7dc", 0.7)
    )
    stones = ""
    for row in range(9):
        x = -rng.uniform(0, 120)
        while x < WIDTH:
            w = rng.uniform(130, 260)
            shade = rng.choice(("#cdb487", "#d8c298", "#c4a878", "#dfcba3", "#b99c6e"))
            stones += rect(shade, round(x + 5), row * 116 + 5, round(w - 10), 106, 16, 'opacity=".75"')
            x += w
    ivy = ""
    for start, drift in ((80, 0.5), (230, 0.2), (1540, -0.5), (1400, -0.15)):
        x, y = float(start), -40.0
        while y < 900 - abs(start - 800) * 0.15:
            ivy += leaf(
                x,
                y,
                rng.uniform(56, 96),
                rng.uniform(60, 300),
                rng.choice(("#45683c", "#587f49", "#6f9454", "#3a5a37")),
                "#2e4a2d",
            )
            x += rng.uniform(-46, 46) + drift * 18
            y += rng.uniform(22, 40)
    return svg(
        defs,
        rect("url(#wall)"),
        stones,
        ellipse(420, 120, 900, 700, "url(#sun)"),
        rect("#3b2a15", 560, 300, 520, 480, 40, 'opacity=".45" filter="url(#soft)"'),
        path(
            "M540 330 Q540 220 800 210 Q1060 220 1060 330 V720 Q1060 752 1028 752 H572 Q540 752 540 720Z",
            "url(#enamel)",
        ),
        path("M520 330 Q530 208 800 196 Q1070 208 1080 330 Q800 288 520 330Z", "#a84a2b"),
        rect("#3a1d12", 620, 386, 360, 40, 10),
        rect("#e7b79c", 620, 380, 360, 10, 5, 'opacity=".5"'),
        '<g transform="rotate(-4 800 360)"><rect x="676" y="306" width="250" height="96" rx="4" fill="#fbf5e4"/><path d="M676 306 L801 372 L926 306" fill="none" stroke="#d8c9a4" stroke-width="5"/><circle cx="801" cy="366" r="13" fill="#b23c2c"/></g>',
        rect("#a84a2b", 608, 400, 384, 46, 10),
        rect("#f3e6cc", 690, 520, 220, 140, 10),
        leaf(800, 640, 92, 0, "#b24d2c", "#f3e6cc"),
        '<circle cx="1000" cy="640" r="15" fill="#e2b65a"/><path d="M1000 640 v20" stroke="#5a3a16" stroke-width="6"/>',
        path("M566 340 V720", extra='stroke="#fff" stroke-width="16" opacity=".18" stroke-linecap="round"'),
        ivy,
    )
