"""Words of the survey, the assets, the promos and the shared dynamic content, in both languages."""

SURVEY = {
    "en": {
        "name": "After a first letter",
        "introduction": "<p>Two questions, one minute. Maud reads every answer.</p>",
        "thanks": "<p>Thank you. It lies on the bench by the window now.</p>",
        "promoter": "<p>Would you say so in public, too?</p>",
        "review": "Write a review",
        "nps": "How likely are you to send a friend to the mill?",
        "why": "What is the reason?",
    },
    "fr": {
        "name": "Après une première lettre",
        "introduction": "<p>Deux questions, une minute. Maud lit chaque réponse.</p>",
        "thanks": "<p>Merci. Votre réponse est sur l’établi près de la fenêtre.</p>",
        "promoter": "<p>Le diriez-vous aussi en public\u202f?</p>",
        "review": "Écrire un avis",
        "nps": "Enverriez-vous un ami au moulin\u202f?",
        "why": "Pour quelle raison\u202f?",
    },
}
#: what people write when they give so many points
REASONS = {
    "en": {
        9: [
            "They mended the strap for nothing.",
            "A letter, by hand, in November.",
            "The bag outlives the bike.",
        ],
        7: ["Good, but it took three weeks.", "Lovely things. Dear, too."],
        0: ["Nobody answered the telephone.", "The lantern smokes when it is windy."],
    },
    "fr": {
        9: [
            "On m’a réparé la boucle gratuitement.",
            "Une vraie lettre, en novembre.",
            "La sacoche survivra au vélo.",
        ],
        7: ["Très bien, mais trois semaines d’attente.", "Beau, et cher."],
        0: ["Personne ne répond au téléphone.", "La lanterne fume dès qu’il vente."],
    },
}

#: the email that asks, and the campaign that sends it
ASK = {
    "en": {
        "name": "How was the mill?",
        "subject": "One number, one click",
        "preheader": "From zero to ten: would you send a friend?",
        "body": [
            ("heading", {"text": "How did we do?", "level": "h1"}),
            (
                "rich_text",
                {
                    "text": '<p>Hello {{ lead.first_name | default: "there" }},</p><p>two weeks ago you wrote to us. One click on a number is enough:</p>'
                },
            ),
            ("survey", {"survey_here": True}),
            ("signature", {"words": "Yours,"}),
        ],
    },
    "fr": {
        "name": "Et le moulin\u00a0?",
        "subject": "Un chiffre, un clic",
        "preheader": "De zéro à dix\u00a0: nous enverriez-vous un ami\u00a0?",
        "body": [
            ("heading", {"text": "Comment nous trouvez-vous\u202f?", "level": "h1"}),
            (
                "rich_text",
                {
                    "text": '<p>Bonjour {{ lead.first_name | default: "à vous" }},</p><p>vous nous avez écrit il y a deux semaines. Un clic sur un chiffre suffit\u00a0:</p>'
                },
            ),
            ("survey", {"survey_here": True}),
            ("signature", {"words": "À vous,"}),
        ],
    },
}

#: key -> language -> words; "guide" stands behind the form, "list" is fetched by the link in an email
ASSETS = {
    "guide": {
        "en": {
            "name": "The Towpath Guide",
            "description": "Twenty-four pages for a first night outdoors, as a PDF.",
            "text": [
                "A first night outdoors need not be far from home. Ours was four kilometres away, and cold from below.",
                "Choose a bank that the morning sun reaches. Ask the lock-keeper; lock-keepers know.",
                "A torch shows you one thing; a lantern shows you one another.",
            ],
        },
        "fr": {
            "name": "Le Carnet du halage",
            "description": "Vingt-quatre pages pour une première nuit dehors, en PDF.",
            "text": [
                "Une première nuit dehors n’a pas besoin d’être loin. La nôtre était à quatre kilomètres, et froide par en dessous.",
                "Choisissez une rive que le soleil du matin atteint. Demandez à l’éclusier, il sait.",
                "Une lampe de poche montre une chose\u202f; une lanterne vous montre l’un à l’autre.",
            ],
        },
    },
    "list": {
        "en": {
            "name": "What fits into nine litres",
            "description": "The list of page 11 on one sheet, to tick off.",
            "button": "Fetch the list",
            "text": [
                "One blanket. One lantern. One spoon. Bread, cheese, an apple.",
                "The pillow stays at home.",
            ],
        },
        "fr": {
            "name": "Ce qui tient dans neuf litres",
            "description": "La liste de la page 11 sur une feuille, à cocher.",
            "button": "Prendre la liste",
            "text": [
                "Une couverture. Une lanterne. Une cuillère. Du pain, du fromage, une pomme.",
                "L’oreiller reste à la maison.",
            ],
        },
    },
}

PROMOS = {
    "waxing": {
        "en": {
            "name": "Waxing week",
            "text": "<p>Waxing week: bring your bag until Saturday, we wax it for nothing.</p>",
            "label": "How it works",
        },
        "fr": {
            "name": "La semaine de la cire",
            "text": "<p>Semaine de la cire\u00a0: apportez votre sacoche avant samedi, nous la cirons gratuitement.</p>",
            "label": "Comment faire",
        },
    },
    "lantern": {
        "en": {
            "name": "A lantern for readers",
            "heading": "Still reading?",
            "text": "<p>Then it is getting dark. Four questions, and we tell you which lantern suits your evenings.</p>",
            "label": "Four questions",
        },
        "fr": {
            "name": "Une lanterne pour qui lit",
            "heading": "Vous lisez encore\u202f?",
            "text": "<p>Alors la nuit tombe. Quatre questions, et nous vous disons quelle lanterne convient à vos soirées.</p>",
            "label": "Quatre questions",
        },
    },
}

SHARED = {
    "en": {
        "name": "A word at the mill's door",
        "reader": (
            "Who has the guide",
            "You have the guide, so bring it",
            "Whoever shows page 11 at the door gets tea.",
        ),
        "french": ("French readers", "On parle français au moulin", "Théo is from Lyon and glad to hear it."),
        "everybody": ("The door is open", "Saturdays from two to six. The dog is called Lock."),
        "label": "Write to us",
    },
    "fr": {
        "name": "Un mot à la porte du moulin",
        "reader": (
            "Qui a le carnet",
            "Vous avez le carnet, apportez-le",
            "Qui montre la page 11 à la porte reçoit un thé.",
        ),
        "french": (
            "Lectrices et lecteurs français",
            "On vous attend",
            "Théo vient de Lyon et aime l’entendre.",
        ),
        "everybody": (
            "La porte est ouverte",
            "Le samedi de quatorze à dix-huit heures. Le chien s’appelle Écluse.",
        ),
        "label": "Nous écrire",
    },
}

#: the second way to begin the landing page
SECOND_HERO = {
    "en": {
        "heading": "One lantern, not twelve",
        "text": "Four questions. Maud answers by hand.",
        "button": "Ask Maud",
    },
    "fr": {
        "heading": "Une lanterne, pas douze",
        "text": "Quatre questions. Maud répond à la main.",
        "button": "Demander à Maud",
    },
}
