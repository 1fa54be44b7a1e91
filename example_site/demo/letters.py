"""The words of the forms and emails, in both languages. `page:` and `picture:` name keys of `build_pages`."""

#: key -> language -> what a form says. Field: (type, key, label, more settings)
FORMS = {
    "guide": {
        "en": {
            "name": "The Towpath Guide",
            "submit_label": "Send me the guide",
            "thank_you_text": "<h3>It is on its way</h3><p>Look into your letters in a minute. If it is not there, it may be drying off in the spam folder.</p>",
            "fields": [
                ("text", "first_name", "First name", {"required": True, "lead_field": "first_name"}),
                ("email", "email", "Email address", {"required": True, "lead_field": "email"}),
                (
                    "choice",
                    "companion",
                    "Who comes with you?",
                    {"choices": "Nobody\nA friend\nChildren\nA dog", "lead_field": "companion"},
                ),
                (
                    "consent",
                    "letters",
                    "Yes, send me the guide and, about twice a month, a letter from the mill.",
                    {"required": True, "subject": "email"},
                ),
                ("hidden", "language", "Language", {"fixed": "en", "lead_field": "language"}),
            ],
        },
        "fr": {
            "name": "Le Carnet du halage",
            "submit_label": "Recevoir le carnet",
            "thank_you_text": "<h3>Il est en route</h3><p>Ouvrez votre courrier dans une minute. S’il n’y est pas, il sèche peut-être parmi les indésirables.</p>",
            "fields": [
                ("text", "first_name", "Prénom", {"required": True, "lead_field": "first_name"}),
                ("email", "email", "Adresse électronique", {"required": True, "lead_field": "email"}),
                (
                    "choice",
                    "companion",
                    "Qui vient avec vous\u202f?",
                    {"choices": "Personne\nUn ami\nDes enfants\nUn chien"},
                ),
                (
                    "consent",
                    "letters",
                    "Oui, envoyez-moi le carnet et, deux fois par mois environ, une lettre du moulin.",
                    {"required": True, "subject": "email"},
                ),
                ("hidden", "language", "Langue", {"fixed": "fr", "lead_field": "language"}),
            ],
        },
    },
    "contact": {
        "en": {
            "name": "A letter to the mill",
            "submit_label": "Post the letter",
            "thank_you_text": "<p>Thank you. Your letter lies on the bench; a person will answer it, usually today.</p>",
            "fields": [
                ("text", "first_name", "First name", {"required": True, "lead_field": "first_name"}),
                ("text", "last_name", "Last name", {"lead_field": "last_name"}),
                ("email", "email", "Email address", {"required": True, "lead_field": "email"}),
                (
                    "choice",
                    "about",
                    "What is it about?",
                    {"choices": "A care plan\nA reservation\nA repair\nSomething else", "required": True},
                ),
                ("long_text", "message", "Your letter", {"required": True}),
                ("hidden", "language", "Language", {"fixed": "en", "lead_field": "language"}),
            ],
        },
        "fr": {
            "name": "Une lettre au moulin",
            "submit_label": "Poster la lettre",
            "thank_you_text": "<p>Merci. Votre lettre est sur l’établi\u202f; une personne y répondra, le plus souvent aujourd’hui.</p>",
            "fields": [
                ("text", "first_name", "Prénom", {"required": True, "lead_field": "first_name"}),
                ("text", "last_name", "Nom", {"lead_field": "last_name"}),
                ("email", "email", "Adresse électronique", {"required": True, "lead_field": "email"}),
                (
                    "choice",
                    "about",
                    "De quoi s’agit-il\u202f?",
                    {
                        "choices": "Une formule d’entretien\nUne réservation\nUne réparation\nAutre chose",
                        "required": True,
                    },
                ),
                ("long_text", "message", "Votre lettre", {"required": True}),
                ("hidden", "language", "Langue", {"fixed": "fr", "lead_field": "language"}),
            ],
        },
    },
}

#: key -> language -> an email; its body as (block, value)
EMAILS = {
    "guide": {
        "en": {
            "name": "Guide 1: the Towpath Guide",
            "subject": '{{ lead.first_name | default: "Here" }}, your Towpath Guide',
            "preheader": "Twenty-four pages for a first night outdoors, close to home.",
            "body": [
                ("image", {"picture": "guide", "alt": "A small green book on a map", "page": "night"}),
                ("heading", {"text": "The guide, as promised", "level": "h1"}),
                (
                    "rich_text",
                    {
                        "text": '<p>Hello {{ lead.first_name | default: "there" }},</p><p>here are twenty-four pages for a first night outdoors. They fit into an evening, and everything they tell you to carry fits into nine litres.</p><p>Begin with the story of our own first night: it was cold from below, and we would do it again tomorrow.</p>'
                    },
                ),
                ("button", {"label": "Read the guide", "page": "night"}),
                ("page_teaser", {"teaser": "otter", "label": "See the bag", "beside": True}),
                ("divider", {}),
                (
                    "quote",
                    {
                        "text": "A torch shows you one thing; a lantern shows you one another.",
                        "author": "page 9",
                    },
                ),
                ("signature", {"words": "Good nights,"}),
                ("social_links", {"text": "The mill elsewhere:"}),
            ],
        },
        "fr": {
            "name": "Carnet 1\u00a0: le Carnet du halage",
            "subject": '{{ lead.first_name | default: "Voici" }}, votre Carnet du halage',
            "preheader": "Vingt-quatre pages pour une première nuit dehors, tout près de chez soi.",
            "body": [
                ("image", {"picture": "guide", "alt": "Un petit livre vert sur une carte", "page": "night"}),
                ("heading", {"text": "Le carnet, comme promis", "level": "h1"}),
                (
                    "rich_text",
                    {
                        "text": '<p>Bonjour {{ lead.first_name | default: "à vous" }},</p><p>voici vingt-quatre pages pour une première nuit dehors. Elles tiennent en une soirée, et tout ce qu’elles conseillent d’emporter tient dans neuf litres.</p><p>Commencez par le récit de notre première nuit\u00a0: le froid venait d’en dessous, et nous recommencerions demain.</p>'
                    },
                ),
                ("button", {"label": "Lire le carnet", "page": "night"}),
                ("page_teaser", {"teaser": "otter", "label": "Voir la sacoche", "beside": True}),
                ("divider", {}),
                (
                    "quote",
                    {
                        "text": "Une lampe de poche montre une chose\u202f; une lanterne vous montre l’un à l’autre.",
                        "author": "page 9",
                    },
                ),
                ("signature", {"words": "Belles nuits,"}),
                ("social_links", {"text": "Le moulin ailleurs\u00a0:"}),
            ],
        },
    },
    "second": {
        "en": {
            "name": "Guide 2: what to carry",
            "subject": "What fits into nine litres",
            "preheader": "Four things for a night out, and the one to leave at home.",
            "body": [
                ("heading", {"text": "Nine litres are enough", "level": "h1"}),
                (
                    "rich_text",
                    {
                        "text": '<p>{{ lead.first_name | default: "Hello" }}, you have read the guide, so you know the list. Here are two things on it that we make ourselves.</p>'
                    },
                ),
                (
                    "columns",
                    {
                        "columns": [
                            {
                                "picture": "otter-bag",
                                "alt": "A green canvas bag with two leather straps",
                                "heading": "The Otter",
                                "text": "<p>Nine litres of waxed canvas for the handlebar.</p>",
                                "label": "See the bag",
                                "page": "otter",
                            },
                            {
                                "picture": "glow-worm-lantern",
                                "alt": "A small brass lantern, lit",
                                "heading": "The Glow-worm",
                                "text": "<p>Thirty hours of warm light, and no flame.</p>",
                                "label": "See the lantern",
                                "page": "glowworm",
                            },
                        ]
                    },
                ),
                ("button", {"label": "All four of them", "page": "shop"}),
                ("asset", {"asset_key": "list", "label": "Fetch the list"}),
                (
                    "rich_text",
                    {"text": "<p>Leave the pillow at home. Roll up the jersey.</p><p>Inès, bench 1</p>"},
                ),
            ],
        },
        "fr": {
            "name": "Carnet 2\u00a0: ce qu’on emporte",
            "subject": "Ce qui tient dans neuf litres",
            "preheader": "Quatre choses pour une nuit dehors, et celle qu’il faut laisser.",
            "body": [
                ("heading", {"text": "Neuf litres suffisent", "level": "h1"}),
                (
                    "rich_text",
                    {
                        "text": '<p>{{ lead.first_name | default: "Bonjour" }}, vous avez lu le carnet, vous connaissez donc la liste. En voici deux choses que nous fabriquons nous-mêmes.</p>'
                    },
                ),
                (
                    "columns",
                    {
                        "columns": [
                            {
                                "picture": "otter-bag",
                                "alt": "Une sacoche de toile verte à deux sangles de cuir",
                                "heading": "La Loutre",
                                "text": "<p>Neuf litres de toile cirée pour le guidon.</p>",
                                "label": "Voir la sacoche",
                                "page": "otter",
                            },
                            {
                                "picture": "glow-worm-lantern",
                                "alt": "Une petite lanterne de laiton, allumée",
                                "heading": "La Luciole",
                                "text": "<p>Trente heures de lumière chaude, sans flamme.</p>",
                                "label": "Voir la lanterne",
                                "page": "glowworm",
                            },
                        ]
                    },
                ),
                ("button", {"label": "Les quatre", "page": "shop"}),
                ("asset", {"asset_key": "list", "label": "Prendre la liste"}),
                (
                    "rich_text",
                    {
                        "text": "<p>Laissez l’oreiller à la maison. Roulez le chandail.</p><p>Inès, établi 1</p>"
                    },
                ),
            ],
        },
    },
    "reminder": {
        "en": {
            "name": "Guide 3: reminder",
            "subject": "Did the guide get wet?",
            "preheader": "It is still here, and still dry.",
            "body": [
                (
                    "image",
                    {
                        "picture": "night",
                        "alt": "A lit tent on a river bank under the stars",
                        "page": "night",
                    },
                ),
                ("heading", {"text": "The guide is waiting", "level": "h1"}),
                (
                    "rich_text",
                    {
                        "text": '<p>Hello {{ lead.first_name | default: "again" }},</p><p>three days ago we sent you the Towpath Guide. Letters get lost, also electric ones. Here it is once more; we shall not ask again.</p>'
                    },
                ),
                ("button", {"label": "Open the guide", "page": "night"}),
                ("rich_text", {"text": "<p>Inès, bench 1</p>"}),
            ],
        },
        "fr": {
            "name": "Carnet 3\u00a0: rappel",
            "subject": "Le carnet a-t-il pris l’eau\u202f?",
            "preheader": "Il est toujours là, et toujours sec.",
            "body": [
                (
                    "image",
                    {
                        "picture": "night",
                        "alt": "Une tente éclairée au bord de l’eau, sous les étoiles",
                        "page": "night",
                    },
                ),
                ("heading", {"text": "Le carnet vous attend", "level": "h1"}),
                (
                    "rich_text",
                    {
                        "text": '<p>Bonjour {{ lead.first_name | default: "encore" }},</p><p>il y a trois jours, nous vous avons envoyé le Carnet du halage. Les lettres se perdent, même électriques. Le revoici\u202f; nous ne le redemanderons pas.</p>'
                    },
                ),
                ("button", {"label": "Ouvrir le carnet", "page": "night"}),
                ("rich_text", {"text": "<p>Inès, établi 1</p>"}),
            ],
        },
    },
    "care": {
        "en": {
            "name": "Care plans: three ways",
            "subject": "Three ways to keep things going",
            "preheader": "Spring, All seasons, Fleet: what each one mends.",
            "body": [
                (
                    "image",
                    {"picture": "shelf", "alt": "Bags and lanterns on the repair shelf", "page": "pricing"},
                ),
                ("heading", {"text": "What we mend, and for how much", "level": "h1"}),
                (
                    "rich_text",
                    {
                        "text": '<p>Dear {{ lead.first_name | default: "friend" }},</p><p>thank you for your letter. While Théo writes the answer, here is what our care plans contain: <b>Spring</b> for one thing, <b>All seasons</b> for four, <b>Fleet</b> for forty.</p>'
                    },
                ),
                (
                    "dynamic",
                    {
                        "alternatives": [
                            (
                                "Those with a company",
                                [
                                    ("heading", {"text": "For {{ lead.company }}: Fleet", "level": "h2"}),
                                    (
                                        "rich_text",
                                        {"text": "<p>Forty things, one invoice, one person to ring.</p>"},
                                    ),
                                ],
                            )
                        ],
                        "fallback": [("heading", {"text": "Most people take Spring", "level": "h2"})],
                    },
                ),
                ("button", {"label": "Compare the three", "page": "pricing"}),
                ("signature", {"words": "Yours,"}),
            ],
        },
        "fr": {
            "name": "Formules d’entretien\u00a0: trois manières",
            "subject": "Trois manières de faire durer",
            "preheader": "Printemps, Quatre saisons, Flotte\u00a0: ce que chacune répare.",
            "body": [
                (
                    "image",
                    {
                        "picture": "shelf",
                        "alt": "Des sacoches et des lanternes sur l’étagère des réparations",
                        "page": "pricing",
                    },
                ),
                ("heading", {"text": "Ce que nous réparons, et à quel prix", "level": "h1"}),
                (
                    "rich_text",
                    {
                        "text": '<p>Bonjour {{ lead.first_name | default: "à vous" }},</p><p>merci de votre lettre. Pendant que Théo écrit la réponse, voici ce que contiennent nos formules\u00a0: <b>Printemps</b> pour un objet, <b>Quatre saisons</b> pour quatre, <b>Flotte</b> pour quarante.</p>'
                    },
                ),
                (
                    "dynamic",
                    {
                        "alternatives": [
                            (
                                "Avec une entreprise",
                                [
                                    (
                                        "heading",
                                        {"text": "Pour {{ lead.company }}\u00a0: Flotte", "level": "h2"},
                                    ),
                                    (
                                        "rich_text",
                                        {
                                            "text": "<p>Quarante objets, une facture, une personne à appeler.</p>"
                                        },
                                    ),
                                ],
                            )
                        ],
                        "fallback": [
                            ("heading", {"text": "La plupart choisissent Printemps", "level": "h2"})
                        ],
                    },
                ),
                ("button", {"label": "Comparer les trois", "page": "pricing"}),
                ("signature", {"words": "Bien à vous,"}),
            ],
        },
    },
}

#: What the home page says instead to those who clicked in the guide's email, and to everybody else.
HOME = {
    "en": {
        "name": "Read the guide",
        "clicked": {
            "kicker": "For the reader of the guide",
            "heading": "Your first night begins with nine litres",
            "text": "The list on page 11 fits into an Otter. This month we roll a Badger under the flap for anybody who can tell us what the lock-keeper said.",
            "link": ("otter", "Look at the Otter"),
            "tone": "rust",
        },
        "everybody": {
            "kicker": "Saturdays at three",
            "heading": "Come and see the wheel turn",
            "text": "Half an hour, no booking, tea afterwards. Children may pull the sluice.",
            "link": ("about", "The mill"),
            "tone": "moss",
        },
    },
    "fr": {
        "name": "A lu le carnet",
        "clicked": {
            "kicker": "Pour qui a lu le carnet",
            "heading": "Votre première nuit tient dans neuf litres",
            "text": "La liste de la page 11 entre dans une Loutre. Ce mois-ci, nous roulons un Blaireau sous le rabat pour qui saura nous redire ce qu’a répondu l’éclusier.",
            "link": ("otter", "Voir la Loutre"),
            "tone": "rust",
        },
        "everybody": {
            "kicker": "Le samedi à quinze heures",
            "heading": "Venez voir tourner la roue",
            "text": "Une demi-heure, sans réserver, du thé ensuite. Les enfants peuvent lever la vanne.",
            "link": ("about", "Le moulin"),
            "tone": "moss",
        },
    },
}
