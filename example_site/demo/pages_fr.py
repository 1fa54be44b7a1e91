"""Les pages françaises : the French pages, with the keys of the English ones."""

SITE_NAME = "Alder & Aulne"

PAGES = {
    "home": {
        "title": "Accueil",
        "slug": "accueil",
        "seo_title": "De quoi prendre l’air sans se presser",
        "headline": "De quoi prendre l’air sans se presser",
        "introduction": "Des sacoches, des lanternes, des arrosoirs et des plaids, faits un par un dans un moulin au bord de l’eau, et réparés aussi longtemps que vous voudrez.",
        "picture": "river",
        "body": [
            (
                "feature",
                {
                    "kicker": "Depuis la crue de 1998",
                    "heading": "Quatre objets, faits comme il faut",
                    "text": "<p>Quand la rivière a pris le rez-de-chaussée, nous n’avons gardé que les établis qui valaient la peine d’être montés à l’étage. La question de savoir quoi fabriquer était réglée : une sacoche pour le guidon, une lanterne pour la tente, un arrosoir pour le jardin, et un plaid pour après.</p>",
                    "picture": "otter-bag",
                    "link": ("shop", "Voir les quatre"),
                    "picture_first": True,
                },
            ),
            (
                "cards",
                {
                    "heading": "Sur l’établi ce mois-ci",
                    "pages": ["otter", "glowworm", "heron", "badger"],
                    "link": ("shop", "Toute la boutique"),
                },
            ),
            (
                "quote",
                {
                    "text": "Elle a pris la pluie dans quatre pays et s’est fait lécher par une vache dans un cinquième. La boucle est comme neuve.",
                    "name": "Maud, Loutre n° 212",
                },
            ),
            (
                "feature",
                {
                    "kicker": "Gratuit, vingt-quatre pages",
                    "heading": "Une première nuit dehors, presque sans rien prévoir",
                    "text": "<p>Le Carnet du halage dit quoi emporter, où l’on a le droit de dormir et comment être rentré pour le petit-déjeuner. Nous l’envoyons par courriel, suivi d’une lettre ou deux.</p>",
                    "picture": "guide",
                    "link": ("guide", "Recevoir le carnet"),
                },
            ),
            (
                "cards",
                {
                    "heading": "Dans le magazine",
                    "pages": ["night", "mending", "watering"],
                    "link": ("magazine", "Tous les articles"),
                },
            ),
        ],
    },
    "shop": {
        "title": "Boutique",
        "slug": "boutique",
        "menu": True,
        "introduction": "Nous fabriquons une quarantaine d’objets par semaine. Chacun porte le numéro de l’établi et le prénom de qui l’a fait.",
    },
    "otter": {
        "title": "Sacoche de guidon Loutre",
        "slug": "sacoche-loutre",
        "introduction": "Toile cirée et cuir de bride. Neuf litres, deux boucles, aucune fermeture éclair à casser.",
        "picture": "otter-bag",
        "price": 8900,
        "reference": "Établi 1",
        "description": "<p>La Loutre s’accroche à tous les guidons par deux sangles de cuir et se retire en un souffle. La toile est cirée à la main, deux fois, et se recire quand elle pâlit aux angles.</p><p>Elle contient une miche, un chandail, un livre et ce que vous aviez oublié d’en sortir.</p>",
        "details": [
            ("Contenance", "9 litres"),
            ("Poids", "740 g"),
            ("Matières", "Toile de coton cirée, cuir de bride, laiton"),
            ("Couleurs", "Mousse, rouille, rivière"),
            ("Réparation", "Gratuite dix ans, à prix coûtant ensuite"),
        ],
    },
    "glowworm": {
        "title": "Lanterne Luciole",
        "slug": "lanterne-luciole",
        "introduction": "Une lanterne de laiton haute comme la main. Trente heures de lumière chaude, réglée par un bouton qui fait clic.",
        "picture": "glow-worm-lantern",
        "price": 6400,
        "reference": "Établi 2",
        "description": "<p>Une ampoule, pas de flamme : elle peut veiller dans la tente près d’un enfant endormi. La pile est d’un modèle courant, on la trouve partout et on la change avec une pièce de monnaie.</p><p>Au plus bas, elle tient la nuit. Au plus haut, elle retrouve le tire-bouchon.</p>",
        "details": [
            ("Autonomie", "30 heures au plus bas, 6 au plus haut"),
            ("Hauteur", "17 cm"),
            ("Matières", "Laiton repoussé, verre soufflé"),
            ("Recharge", "USB-C, en deux heures"),
            ("Réparation", "Gratuite dix ans, à prix coûtant ensuite"),
        ],
    },
    "heron": {
        "title": "Arrosoir Héron",
        "slug": "arrosoir-heron",
        "introduction": "Un long col, une pomme fine, et un équilibre qui tient même à ras bord.",
        "picture": "heron-can",
        "price": 7250,
        "reference": "Établi 3",
        "description": "<p>Le Héron a été dessiné pour une voisine qui ne pouvait plus soulever le sien. Deux anses se partagent le poids ; le col atteint le fond de la planche sans qu’on en piétine le bord.</p><p>Galvanisé, puis peint, puis laissé tout un hiver au gel avant que nous y croyions.</p>",
        "details": [
            ("Contenance", "6 litres"),
            ("Poids", "1,3 kg à vide"),
            ("Matières", "Acier galvanisé, pomme en laiton"),
            ("Couleurs", "Rivière, zinc"),
            ("Réparation", "Gratuite dix ans, à prix coûtant ensuite"),
        ],
    },
    "badger": {
        "title": "Plaid Blaireau",
        "slug": "plaid-blaireau",
        "introduction": "De la laine venue de quarante kilomètres en amont, tissée assez large pour deux personnes et un chien.",
        "picture": "badger-blanket",
        "price": 11800,
        "reference": "Établi 4",
        "description": "<p>Le Blaireau reste chaud quand il est humide, perd l’herbe quand on le secoue et ne sent que le mouton. Les franges se nouent à la main, les soirs d’hiver.</p><p>Roulé, il passe sous le rabat d’une Loutre. Il se peut que nous l’ayons fait exprès.</p>",
        "details": [
            ("Dimensions", "190 × 150 cm"),
            ("Poids", "1,1 kg"),
            ("Matières", "Laine d’agneau, filée et tissée dans la vallée"),
            ("Lavage", "Rarement, à froid, à la main"),
            ("Réparation", "Gratuite dix ans, à prix coûtant ensuite"),
        ],
    },
    "magazine": {
        "title": "Le Halage",
        "slug": "halage",
        "menu": True,
        "introduction": "Notre magazine. Il paraît quand nous avons quelque chose à dire, soit environ une fois par mois.",
    },
    "night": {
        "title": "Une première nuit dehors, à douze kilomètres de chez soi",
        "slug": "premiere-nuit-dehors",
        "introduction": "Pas besoin de montagne. Il faut un ami, un plaid, et un endroit où l’on ne gêne personne.",
        "picture": "night",
        "author": "Inès Valcourt",
        "published_on": "2026-10-03",
        "reading_minutes": 5,
        "body": [
            (
                "text",
                "<p>Nous sommes partis à six heures, après le travail, le pain encore tiède dans la sacoche. L’idée n’était pas d’aller loin. L’idée était de voir si une nuit dehors tient entre deux journées ordinaires, comme une lettre glissée sous une porte.</p><p>Elle tient. Douze kilomètres de chemin de halage font une heure si l’on ne s’arrête pas, et une heure et demie si l’on s’arrête pour le héron. On s’arrête.</p>",
            ),
            (
                "text",
                "<h2>Ce que nous avions pris</h2><ul><li>Un plaid chacun, et un carré de toile cirée à mettre dessous.</li><li>La lanterne. Une lampe de poche montre une chose ; une lanterne vous montre l’un à l’autre.</li><li>De la soupe en bouteille, un talon de fromage, des prunes.</li><li>Un mot sur la table de la cuisine, pour dire où nous étions.</li></ul>",
            ),
            (
                "text",
                "<h2>Ce que nous avons appris</h2><p>Demander d’abord. L’éclusier a dit oui avant la fin de la phrase, et nous a montré la rive qui prend le soleil. Arriver tard, partir tôt, remporter les noyaux.</p><p>Le froid vient d’en dessous. S’il n’y a qu’une bonne chose, mieux vaut être couché dessus que dessous.</p><p>À cinq heures du matin, la brume se tenait sur l’eau à hauteur de vélo. Nous sommes rentrés au travers, nous étions au bureau à neuf heures, sentant un peu la fumée, et personne n’a rien demandé.</p>",
            ),
            (
                "banner",
                {
                    "kicker": "Gratuit",
                    "heading": "Le Carnet du halage",
                    "text": "Où l’on a le droit, quoi emporter, et trois itinéraires au départ d’une gare.",
                    "link": ("guide", "Recevoir le carnet"),
                    "tone": "river",
                },
            ),
        ],
    },
    "mending": {
        "title": "Cire, fil, patience : réparer une sacoche en toile",
        "slug": "reparer-une-sacoche",
        "introduction": "Toutes les sacoches reviennent un jour à l’établi. Voici ce que nous leur faisons, pour que vous puissiez le faire avant nous.",
        "picture": "bench",
        "author": "Théo Marchand",
        "published_on": "2026-08-21",
        "reading_minutes": 6,
        "body": [
            (
                "text",
                "<p>Une déchirure fait plus peur qu’elle ne devrait. La toile n’est que du fil qui passe dessus et dessous du fil ; là où il casse, un autre fil fera l’affaire. La sacoche veut bien qu’on voie par où elle est passée.</p>",
            ),
            (
                "text",
                "<h2>D’abord, arrêter la déchirure</h2><p>Coupez ce qui s’effiloche. Faites un point rond à chaque bout, pour qu’elle ne coure plus. Taillez une pièce plus large que le trou de deux doigts, aux angles arrondis : les angles droits s’accrochent et se relèvent.</p><h2>Ensuite, coudre deux fois</h2><p>Une fois au bord de la pièce, une fois au bord du trou. Du lin ciré, une aiguille un peu trop grosse, un point long comme un grain de riz. On tire jusqu’à ce que le fil chante, pas jusqu’à ce que la toile fronce.</p>",
            ),
            (
                "text",
                "<h2>Enfin, cirer</h2><p>Réchauffez la boîte entre vos mains. Frottez jusqu’à ce que la toile fonce, puis passez le dos d’une cuillère. Laissez la sacoche une soirée près du poêle. Elle sentira le miel pendant une semaine, et c’est le meilleur de l’affaire.</p>",
            ),
            (
                "quote",
                {
                    "text": "Une chose réparée a été choisie deux fois.",
                    "name": "écrit au-dessus de l’établi 1",
                },
            ),
        ],
    },
    "watering": {
        "title": "L’heure d’arroser",
        "slug": "l-heure-d-arroser",
        "introduction": "Un été sec, le moment et la manière comptent plus que la quantité. Notes du jardin derrière le moulin.",
        "picture": "garden",
        "author": "Rosalind Okafor",
        "published_on": "2026-06-12",
        "reading_minutes": 4,
        "body": [
            (
                "text",
                "<p>Le jardin derrière le moulin compte quarante mètres de haricots, un figuier qui ne devrait pas être en vie et un seul robinet. En juillet, le robinet coule une heure par jour. Tout ce que nous savons de l’arrosage, nous l’avons appris dans cette heure-là.</p>",
            ),
            (
                "text",
                "<h2>Rarement, mais à fond</h2><p>Un peu chaque jour apprend aux racines à rester en surface, là où tape le soleil. Un arrosoir plein un soir sur trois, versé lentement au pied, leur apprend à descendre. En août, on distingue les deux planches depuis la route.</p><h2>Le soir, au pied</h2><p>L’eau jetée sur des feuilles chaudes est surtout un cadeau au ciel. Attendez que l’ombre du mur atteigne les haricots, tenez la pomme près du sol et comptez jusqu’à dix.</p>",
            ),
            (
                "text",
                "<h2>Couvrir la terre</h2><p>De l’herbe coupée, de la paille, les mauvaises feuilles : tout ce qui se met entre le soleil et la terre économise un arrosoir sur trois. Nous avons mesuré, avec un arrosoir gradué et beaucoup de discussions.</p>",
            ),
        ],
    },
    "pricing": {
        "title": "Tarifs",
        "slug": "tarifs",
        "menu": True,
        "introduction": "Tout ce que nous fabriquons est réparé gratuitement pendant dix ans. Une formule d’entretien sert pour le reste, et pour qui roule par tous les temps.",
        "picture": "shelf",
        "plans": [
            {
                "name": "Printemps",
                "summary": "Une fois l’an, la remise en forme d’un objet.",
                "price": 2400,
                "points": [
                    "Un objet, de toute marque",
                    "Nettoyé, ciré, boucles vérifiées",
                    "Prêt en deux semaines",
                ],
                "link": ("contact", "Demander Printemps"),
            },
            {
                "name": "Quatre saisons",
                "summary": "Pour qui est plus souvent dehors que dedans.",
                "price": 5900,
                "points": [
                    "Jusqu’à quatre objets, de toute marque",
                    "Autant de réparations qu’il en faut",
                    "Un objet prêté en attendant",
                    "Le cours du soir : la toile et le fil",
                ],
                "is_favourite": True,
                "link": ("contact", "Demander Quatre saisons"),
            },
            {
                "name": "Flotte",
                "summary": "Pour les loueurs, les écoles et les jardins partagés.",
                "price": 24000,
                "points": [
                    "Jusqu’à quarante objets",
                    "Enlevés et rapportés chaque trimestre",
                    "Une personne attitrée, qui a le téléphone",
                    "Les pièces à prix coûtant",
                ],
                "link": ("contact", "Nous en parler"),
            },
        ],
        "questions": [
            (
                "Réparez-vous ce que d’autres ont fabriqué ?",
                "<p>Oui, si cela a été fait pour être réparé. Envoyez d’abord une photo : nous préférons dire non par lettre que de vive voix.</p>",
            ),
            (
                "Combien de temps faut-il ?",
                "<p>Dix jours en moyenne, trois semaines en mai, quand toute la vallée se souvient de ses vélos.</p>",
            ),
            (
                "Peut-on arrêter quand on veut ?",
                "<p>Oui. Un mot suffit, et nous rendons ce qui reste de l’année.</p>",
            ),
        ],
    },
    "about": {
        "title": "Le moulin",
        "slug": "a-propos",
        "menu": True,
        "introduction": "Onze personnes, quatre établis, une roue qui tourne encore quand la rivière est d’humeur.",
        "picture": "mill",
        "body": [
            (
                "text",
                "<p>Le moulin a fait de la farine jusqu’en 1961, puis rien du tout jusqu’en 1994, quand la tante d’Inès l’a acheté pour le prix d’une petite voiture et la promesse de garder la roue. Elle cousait des sacoches pour les éclusiers. Les éclusiers en ont parlé aux cyclistes.</p><p><i>Alder</i> et aulne, c’est un même arbre en deux langues, comme nous sommes un même atelier en deux : la moitié d’entre nous a descendu la rivière, l’autre l’a remontée. L’arbre garde les pieds dans l’eau et son bois ne pourrit pas. Nous avons trouvé que c’était un bon nom à porter.</p>",
            ),
            (
                "feature",
                {
                    "kicker": "Notre manière",
                    "heading": "Un établi, une paire de mains",
                    "text": "<p>Qui coupe la toile pose aussi le dernier rivet. C’est plus lent. C’est aussi pourquoi, lorsqu’un objet revient, nous savons à qui demander, et on s’en souvient.</p>",
                    "picture": "bench",
                    "link": ("mending", "Comment nous réparons"),
                    "picture_first": True,
                },
            ),
            (
                "banner",
                {
                    "kicker": "Le samedi à quinze heures",
                    "heading": "Venez voir la roue",
                    "text": "Une demi-heure, sans réserver, du thé ensuite. Les enfants peuvent lever la vanne.",
                    "link": ("contact", "Comment nous trouver"),
                    "tone": "moss",
                },
            ),
        ],
    },
    "contact": {
        "title": "Contact",
        "slug": "contact",
        "menu": True,
        "introduction": "Écrivez-nous. Une personne vous répond, le plus souvent le jour même, toujours dans la semaine.",
        "picture": "letters",
        "body": [
            (
                "text",
                "<h2>Sur place</h2><p>3, ruelle du Moulin. Le train s’arrête au pont ; de là, onze minutes à pied le long de l’eau, douze avec une poussette.</p><p>Du mardi au samedi, de dix heures à dix-huit heures. En cas de crue, téléphonez d’abord.</p>",
            ),
        ],
    },
    "guide": {
        "title": "Le Carnet du halage",
        "slug": "carnet",
        "introduction": "Vingt-quatre pages pour une première nuit dehors, tout près de chez soi. Gratuit, par courriel.",
        "picture": "guide",
        "points": [
            "Trois itinéraires au départ d’une gare",
            "Où l’on a le droit de passer la nuit, et à qui demander",
            "Une liste d’affaires qui tient dans neuf litres",
            "Que faire quand il pleut, car il pleuvra",
        ],
        "body": [
            (
                "text",
                "<h2>Où l’envoyer ?</h2><p>Un courriel avec le carnet, quelques lettres ensuite. Chacune contient un lien pour ne plus en recevoir.</p>",
            )
        ],
    },
}
