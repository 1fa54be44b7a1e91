"""The English pages: what `build_pages` turns into pages. Links name the key of another page."""

SITE_NAME = "Alder & Aulne"

PAGES = {
    "home": {
        "title": "Home",
        "slug": "home",
        "seo_title": "Things for slow days outdoors",
        "headline": "Things for slow days outdoors",
        "introduction": "Bags, lanterns, cans and blankets, made one at a time in a mill by the river, and mended for as long as you like.",
        "picture": "river",
        "body": [
            (
                "feature",
                {
                    "kicker": "Since the flood of 1998",
                    "heading": "Four things, made properly",
                    "text": "<p>When the river took the ground floor, we kept only the benches worth carrying upstairs. That settled what we make: a bag for the handlebar, a lantern for the tent, a can for the garden and a blanket for afterwards.</p>",
                    "picture": "otter-bag",
                    "link": ("shop", "See the four"),
                    "picture_first": True,
                },
            ),
            (
                "cards",
                {
                    "heading": "On the bench this month",
                    "pages": ["otter", "glowworm", "heron", "badger"],
                    "link": ("shop", "The whole shop"),
                },
            ),
            (
                "quote",
                {
                    "text": "It has been rained on in four countries and licked by a cow in a fifth. The buckle is as good as new.",
                    "name": "Maud, Otter no. 212",
                },
            ),
            (
                "feature",
                {
                    "kicker": "Free, twenty-four pages",
                    "heading": "A first night out, without a plan to speak of",
                    "text": "<p>The Towpath Guide tells you what to take, where it is allowed, and how to be back for breakfast. We send it by email, with a letter or two after it.</p>",
                    "picture": "guide",
                    "link": ("guide", "Send me the guide"),
                },
            ),
            (
                "cards",
                {
                    "heading": "From the magazine",
                    "pages": ["night", "mending", "watering"],
                    "link": ("magazine", "All articles"),
                },
            ),
        ],
    },
    "shop": {
        "title": "Shop",
        "slug": "shop",
        "menu": True,
        "introduction": "We make about forty things a week. Each carries the number of the bench and the first name of whoever made it.",
    },
    "otter": {
        "title": "Otter handlebar bag",
        "slug": "otter-handlebar-bag",
        "introduction": "Waxed canvas and bridle leather. Nine litres, two buckles, no zip to break.",
        "picture": "otter-bag",
        "price": 8900,
        "reference": "Bench 1",
        "description": "<p>The Otter hangs from any handlebar by two leather straps and comes off in a breath. The canvas is waxed by hand, twice, and can be waxed again when it goes pale at the corners.</p><p>It holds a loaf, a jersey, a book and the things you forgot to take out last time.</p>",
        "details": [
            ("Holds", "9 litres"),
            ("Weighs", "740 g"),
            ("Made of", "Waxed cotton canvas, bridle leather, brass"),
            ("Colours", "Moss, rust, river"),
            ("Mended", "Free for ten years, at cost for ever"),
        ],
    },
    "glowworm": {
        "title": "Glow-worm lantern",
        "slug": "glow-worm-lantern",
        "introduction": "A brass lantern the height of a hand. Thirty hours of warm light, turned down with a knob that clicks.",
        "picture": "glow-worm-lantern",
        "price": 6400,
        "reference": "Bench 2",
        "description": "<p>There is a lamp in it and no flame, so it may stand in a tent beside a sleeping child. The cell is an ordinary one that you can buy anywhere and change with a coin.</p><p>Turned low it lasts the night. Turned high it finds the corkscrew.</p>",
        "details": [
            ("Burns for", "30 hours low, 6 hours high"),
            ("Height", "17 cm"),
            ("Made of", "Spun brass, hand-blown glass"),
            ("Charged by", "USB-C, in two hours"),
            ("Mended", "Free for ten years, at cost for ever"),
        ],
    },
    "heron": {
        "title": "Heron watering can",
        "slug": "heron-watering-can",
        "introduction": "A long neck, a fine rose, and a balance that does not tip when it is full.",
        "picture": "heron-can",
        "price": 7250,
        "reference": "Bench 3",
        "description": "<p>The Heron was drawn for a neighbour who could no longer lift her old one. Two handles share the weight; the neck reaches the back of a bed without treading on the front of it.</p><p>Galvanised, then painted, then left out in the frost for a winter before we believed in it.</p>",
        "details": [
            ("Holds", "6 litres"),
            ("Weighs", "1.3 kg empty"),
            ("Made of", "Galvanised steel, brass rose"),
            ("Colours", "River, zinc"),
            ("Mended", "Free for ten years, at cost for ever"),
        ],
    },
    "badger": {
        "title": "Badger blanket",
        "slug": "badger-blanket",
        "introduction": "Wool from forty kilometres up the valley, woven wide enough for two and a dog.",
        "picture": "badger-blanket",
        "price": 11800,
        "reference": "Bench 4",
        "description": "<p>The Badger keeps its warmth when it is damp, sheds grass when shaken, and smells of nothing but sheep. The fringe is tied by hand on winter evenings.</p><p>Rolled, it fits under the flap of an Otter. We may have planned that.</p>",
        "details": [
            ("Size", "190 × 150 cm"),
            ("Weighs", "1.1 kg"),
            ("Made of", "Lambswool, spun and woven in the valley"),
            ("Washed", "Rarely, cold, by hand"),
            ("Mended", "Free for ten years, at cost for ever"),
        ],
    },
    "magazine": {
        "title": "The Towpath",
        "slug": "towpath",
        "menu": True,
        "introduction": "Our magazine. It comes out when there is something to say, which is about once a month.",
    },
    "night": {
        "title": "A first night out, twelve kilometres from home",
        "slug": "first-night-out",
        "introduction": "You do not need a mountain. You need a friend, a blanket, and a place where nobody minds.",
        "picture": "night",
        "author": "Inès Valcourt",
        "published_on": "2026-10-03",
        "reading_minutes": 5,
        "body": [
            (
                "text",
                "<p>We left at six, after work, with bread still warm in the bag. The idea was not to go far. The idea was to see whether a night outdoors could fit between two ordinary days, like a letter slipped under a door.</p><p>It can. Twelve kilometres along the towpath takes an hour if you do not stop, and an hour and a half if you stop for the heron, which you will.</p>",
            ),
            (
                "text",
                "<h2>What we took</h2><ul><li>One blanket each, and a sheet of oilcloth to put under it.</li><li>The lantern. A torch shows you one thing; a lantern shows you one another.</li><li>Soup in a flask, a heel of cheese, plums.</li><li>A note on the kitchen table that said where we were.</li></ul>",
            ),
            (
                "text",
                "<h2>What we learned</h2><p>Ask first. The lock-keeper said yes before we had finished the sentence, and told us which bank gets the sun. Arrive late, leave early, take the plum stones with you.</p><p>The cold comes from below. If you have only one good thing to lie on or one good thing to lie under, choose the first.</p><p>At five in the morning the mist stood on the water to the height of a bicycle. We rode home through it and were at our desks by nine, smelling slightly of smoke, and nobody asked.</p>",
            ),
            (
                "banner",
                {
                    "kicker": "Free",
                    "heading": "The Towpath Guide",
                    "text": "Where it is allowed, what to carry, and three routes that start at a railway station.",
                    "link": ("guide", "Send it to me"),
                    "tone": "river",
                },
            ),
        ],
    },
    "mending": {
        "title": "Wax, thread, patience: mending a canvas bag",
        "slug": "mending-a-canvas-bag",
        "introduction": "Every bag comes back to the bench sooner or later. Here is what we do, so that you may do it first.",
        "picture": "bench",
        "author": "Théo Marchand",
        "published_on": "2026-08-21",
        "reading_minutes": 6,
        "body": [
            (
                "text",
                "<p>A tear frightens people more than it should. Canvas is only thread over and under thread; where it is broken, more thread will do. The bag does not mind showing where it has been.</p>",
            ),
            (
                "text",
                "<h2>First, stop the tear</h2><p>Trim what has frayed. Put a round stitch at each end of the tear, so that it cannot travel. Cut a patch two fingers wider than the hole, with round corners: square ones catch on things and come up.</p><h2>Then sew twice</h2><p>Once near the edge of the patch, once near the edge of the hole. Waxed linen, a needle that is a little too thick, a stitch as long as a grain of rice. Pull until the thread sings, not until the cloth puckers.</p>",
            ),
            (
                "text",
                "<h2>Then wax</h2><p>Warm the tin in your hands. Rub until the cloth goes dark, and go over it with the flat of a spoon. Hang the bag by the stove for an evening. It will smell of honey for a week, which is the best part of the whole affair.</p>",
            ),
            ("quote", {"text": "A mended thing has been chosen twice.", "name": "written over bench 1"}),
        ],
    },
    "watering": {
        "title": "The watering hour",
        "slug": "the-watering-hour",
        "introduction": "In a dry summer, when and how you water matters more than how much. Notes from the garden behind the mill.",
        "picture": "garden",
        "author": "Rosalind Okafor",
        "published_on": "2026-06-12",
        "reading_minutes": 4,
        "body": [
            (
                "text",
                "<p>The garden behind the mill has forty metres of beans, a fig that should not be alive, and one tap. In July the tap runs for an hour a day. Everything we know about watering we learned inside that hour.</p>",
            ),
            (
                "text",
                "<h2>Seldom and deep</h2><p>A little every day teaches roots to stay near the surface, where the sun is. A canful every third evening, poured slowly at the foot, teaches them to go down. By August you can tell the two beds apart from the road.</p><h2>Evening, at the foot</h2><p>Water thrown on hot leaves is mostly a gift to the sky. Wait until the shade of the wall has reached the beans, put the rose close to the ground, and count to ten.</p>",
            ),
            (
                "text",
                "<h2>Cover the ground</h2><p>Grass cuttings, straw, the wrong leaves: anything between sun and soil saves one canful in three. We measured, with a marked can and a great deal of argument.</p>",
            ),
        ],
    },
    "pricing": {
        "title": "Pricing",
        "slug": "pricing",
        "menu": True,
        "introduction": "Everything we make is mended free for ten years. A care plan is for what we did not make, and for people who ride in all weathers.",
        "picture": "shelf",
        "plans": [
            {
                "name": "Spring",
                "summary": "A yearly clean bill of health for one thing.",
                "price": 2400,
                "points": [
                    "One piece, of any make",
                    "Cleaned, waxed, buckles checked",
                    "Ready within two weeks",
                ],
                "link": ("contact", "Ask for Spring"),
            },
            {
                "name": "All seasons",
                "summary": "For whoever is out more often than in.",
                "price": 5900,
                "points": [
                    "Up to four pieces, of any make",
                    "As many repairs as it takes",
                    "A thing to borrow meanwhile",
                    "The evening course: canvas and thread",
                ],
                "is_favourite": True,
                "link": ("contact", "Ask for All seasons"),
            },
            {
                "name": "Fleet",
                "summary": "For hire shops, schools and gardens.",
                "price": 24000,
                "points": [
                    "Up to forty pieces",
                    "Collected and brought back each quarter",
                    "A named mender, with a telephone",
                    "Spare parts at cost",
                ],
                "link": ("contact", "Talk to us"),
            },
        ],
        "questions": [
            (
                "Do you mend what others have made?",
                "<p>Yes, if it was made to be mended. Send a picture first; we would rather say no by letter than in person.</p>",
            ),
            (
                "How long does it take?",
                "<p>Ten days on average, three weeks in May, when the whole valley remembers its bicycles.</p>",
            ),
            (
                "May I stop whenever I like?",
                "<p>Yes. Write a line and we return what is left of the year.</p>",
            ),
        ],
    },
    "about": {
        "title": "The mill",
        "slug": "about",
        "menu": True,
        "introduction": "Eleven people, four benches, one wheel that still turns when the river is in the mood.",
        "picture": "mill",
        "body": [
            (
                "text",
                "<p>The mill ground flour until 1961 and then nothing at all until 1994, when Inès’s aunt bought it for the price of a small car and the promise to keep the wheel. She sewed bags for the lock-keepers. The lock-keepers told the cyclists.</p><p>Alder and <i>aulne</i> are one tree in two languages, as we are one workshop in two: half of us came down the river and half of us came up it. The tree keeps its feet in the water and its wood does not rot. We thought that a good thing to be named after.</p>",
            ),
            (
                "feature",
                {
                    "kicker": "How we work",
                    "heading": "One bench, one pair of hands",
                    "text": "<p>Whoever cuts the canvas also sets the last rivet. It is slower. It also means that when something comes back, we know whom to ask, and they remember.</p>",
                    "picture": "bench",
                    "link": ("mending", "How we mend"),
                    "picture_first": True,
                },
            ),
            (
                "banner",
                {
                    "kicker": "Saturdays at three",
                    "heading": "Come and see the wheel",
                    "text": "Half an hour, no booking, tea afterwards. Children may pull the sluice.",
                    "link": ("contact", "How to find us"),
                    "tone": "moss",
                },
            ),
        ],
    },
    "contact": {
        "title": "Contact",
        "slug": "contact",
        "menu": True,
        "introduction": "Write to us. A person answers, usually the same day, always the same week.",
        "picture": "letters",
        "body": [
            (
                "text",
                "<h2>In person</h2><p>3, Mill Lane. The train stops at the bridge; from there it is eleven minutes on foot along the water, twelve with a pram.</p><p>Tuesday to Saturday, from ten until six. In flood, ring first.</p>",
            ),
        ],
    },
    "guide": {
        "title": "The Towpath Guide",
        "slug": "guide",
        "introduction": "Twenty-four pages for a first night outdoors, close to home. Free, by email.",
        "picture": "guide",
        "points": [
            "Three routes that begin at a railway station",
            "Where a night outdoors is allowed, and whom to ask",
            "A packing list that fits into nine litres",
            "What to do when it rains, because it will",
        ],
        "body": [
            (
                "text",
                "<h2>Where shall we send it?</h2><p>One email with the guide, a few letters after it. Every one has a link to stop them.</p>",
            )
        ],
    },
}
