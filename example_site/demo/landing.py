"""A landing page of sections in both languages, around a form with steps and conditions."""

import uuid

from wagtail_automation.content.landing import split
from wagtail_automation.content.models import Form, LandingPage

from .build_pages import key_of
from .contents import SECOND_HERO

KEY = "season"
WORDS = {
    "en": {
        "title": "A lantern for every evening",
        "slug": "find-your-lantern",
        "description": "Four questions, and we tell you which lantern suits your evenings.",
        "kicker": "Four questions from the mill",
        "heading": '{{ lead.first_name | default: "Tell us" }}, which lantern suits your evenings?',
        "text": "Tell us where you sit when it grows dark. We answer with one lantern, not with twelve.",
        "button": "Find mine",
        "features_heading": "Why we ask",
        "features": [
            ("River or garden", "Damp evenings want brass that does not mind, dry ones a wick that does."),
            ("Alone or eight", "A table for two is lit from the middle, a long one from both ends."),
            ("Mended, not sold", "If the one you have can be mended, that is what we will say."),
        ],
        "voices_heading": "From the letters",
        "voices": [
            (
                "They told me to keep the old one and sent a wick. I have been a customer ever since.",
                "Ines, Lyon",
            ),
            (
                "It hangs over the boat and has been under water twice. It was not the lantern's fault.",
                "Bram",
            ),
        ],
        "questions_heading": "Before you ask",
        "questions": [
            (
                "Does it cost anything?",
                "<p>No. You get one letter with the answer, and more only if you tick the box.</p>",
            ),
            ("Who reads it?", "<p>Maud, on the bench by the window.</p>"),
        ],
        "form_heading": "Four questions",
        "form": "Which lantern?",
        "submit": "Tell me which",
        "thanks": "<h3>Thank you</h3><p>Maud reads it tomorrow with her first coffee and writes back.</p>",
        "fields": [
            (
                "choice",
                "place",
                "Where do you sit in the evening?",
                {
                    "choices": "In a garden\nOn a balcony\nBy the water",
                    "required": True,
                    "appearance": "radio",
                },
            ),
            (
                "choice",
                "boat",
                "On a boat, perhaps?",
                {
                    "choices": "Yes, it rocks\nNo, on the bank",
                    "required": True,
                    "only_if": {"field": "place", "operator": "is", "values": "By the water"},
                },
            ),
            ("number", "people", "How many sit there?", {"minimum": "1", "maximum": "40"}),
            ("step", "step_old", "The one you have", {"help_text": "If there is none, go on."}),
            ("rating", "old", "How content are you with it?", {"stars": 5}),
            ("step", "step_you", "Where do we write?", {}),
            ("text", "first_name", "First name", {"required": True, "lead_field": "first_name"}),
            ("email", "email", "Email address", {"required": True, "lead_field": "email"}),
            ("file", "photo", "A photograph of your lantern", {"kinds": ["picture"], "megabytes": 5}),
            ("text", "city", "Town", {"lead_field": "city", "only_unknown": True}),
            ("consent", "letters", "And send me a letter from the mill twice a month.", {"subject": "email"}),
        ],
    },
    "fr": {
        "title": "Une lanterne pour chaque soir",
        "slug": "trouver-sa-lanterne",
        "description": "Quatre questions, et nous vous disons quelle lanterne convient à vos soirées.",
        "kicker": "Quatre questions du moulin",
        "heading": '{{ lead.first_name | default: "Dites-nous" }}, quelle lanterne pour vos soirées\u202f?',
        "text": "Dites-nous où vous êtes quand la nuit tombe. Nous répondons par une lanterne, pas par douze.",
        "button": "Trouver la mienne",
        "features_heading": "Pourquoi ces questions",
        "features": [
            (
                "Rivière ou jardin",
                "Les soirs humides veulent un laiton patient, les soirs secs une mèche qui l’est.",
            ),
            ("Seul ou à huit", "Une table pour deux s’éclaire par le milieu, une longue par les deux bouts."),
            ("Réparer d’abord", "Si la vôtre peut être réparée, c’est ce que nous vous dirons."),
        ],
        "voices_heading": "Dans le courrier",
        "voices": [
            (
                "On m’a dit de garder l’ancienne et on m’a envoyé une mèche. Je suis cliente depuis.",
                "Inès, Lyon",
            ),
            ("Elle pend au-dessus du bateau et a vu l’eau deux fois. Ce n’était pas sa faute.", "Bram"),
        ],
        "questions_heading": "Avant de demander",
        "questions": [
            (
                "Est-ce que cela coûte quelque chose\u202f?",
                "<p>Non. Vous recevez une lettre avec la réponse, et d’autres seulement si vous cochez la case.</p>",
            ),
            ("Qui lit les réponses\u202f?", "<p>Maud, à l’établi près de la fenêtre.</p>"),
        ],
        "form_heading": "Quatre questions",
        "form": "Quelle lanterne\u202f?",
        "submit": "Dites-moi laquelle",
        "thanks": "<h3>Merci</h3><p>Maud lira cela demain avec son premier café et vous répondra.</p>",
        "fields": [
            (
                "choice",
                "place",
                "Où êtes-vous le soir\u202f?",
                {
                    "choices": "Au jardin\nSur un balcon\nAu bord de l’eau",
                    "required": True,
                    "appearance": "radio",
                },
            ),
            (
                "choice",
                "boat",
                "Sur un bateau, peut-être\u202f?",
                {
                    "choices": "Oui, ça tangue\nNon, sur la rive",
                    "required": True,
                    "only_if": {"field": "place", "operator": "is", "values": "Au bord de l’eau"},
                },
            ),
            ("number", "people", "Combien êtes-vous\u202f?", {"minimum": "1", "maximum": "40"}),
            ("step", "step_old", "Celle que vous avez", {"help_text": "S’il n’y en a pas, passez."}),
            ("rating", "old", "En êtes-vous content\u202f?", {"stars": 5}),
            ("step", "step_you", "Où vous écrire\u202f?", {}),
            ("text", "first_name", "Prénom", {"required": True, "lead_field": "first_name"}),
            ("email", "email", "Adresse électronique", {"required": True, "lead_field": "email"}),
            ("file", "photo", "Une photographie de votre lanterne", {"kinds": ["picture"], "megabytes": 5}),
            ("text", "city", "Ville", {"lead_field": "city", "only_unknown": True}),
            (
                "consent",
                "letters",
                "Et envoyez-moi une lettre du moulin deux fois par mois.",
                {"subject": "email"},
            ),
        ],
    },
}


def build(builder, code: str) -> LandingPage:
    """The form and the page of one language, published; what is there already is left as it is."""
    words, locale = WORDS[code], builder.locales[code]
    found = LandingPage.objects.filter(translation_key=key_of(KEY), locale=locale).first()
    if found is not None:
        form = Form.objects.get(translation_key=key_of(f"form:{KEY}"), locale=locale)
        builder.forms[code, KEY] = form
        return found
    page = LandingPage(
        title=words["title"],
        slug=words["slug"],
        search_description=words["description"],
        locale=locale,
        translation_key=key_of(KEY),
        palette="sunset",
        social_image=builder.images["glow-worm-lantern"],
    )
    form = _form(builder, words, locale)
    _fill(page, "body", _sections(words, SECOND_HERO[code], form, builder.images))
    home = builder.pages[code, "home"]
    home.refresh_from_db()  # later pages moved the tree's numbers
    home.add_child(instance=page)
    page.save_revision().publish()
    # a small site sooner says what it found; an editor sets this on the experiment's page
    split.of_page(page).update(least=15)
    return page


def _form(builder, words, locale) -> Form:
    form = Form(
        name=words["form"],
        locale=locale,
        translation_key=key_of(f"form:{KEY}"),
        site=builder.site,
        submit_label=words["submit"],
        thank_you_text=words["thanks"],
    )
    fields = [
        (kind, {"label": label, "field_key": key, **more}) for kind, key, label, more in words["fields"]
    ]
    _fill(form, "fields", fields)
    form.full_clean()
    form.save()
    builder.forms[locale.language_code, KEY] = form
    return form


def _fill(instance, name, items):
    block = instance._meta.get_field(name).stream_block
    raw = [{"type": kind, "value": value, "id": str(uuid.uuid4())} for kind, value in items]
    setattr(instance, name, block.to_python(raw))


def _items(*values):
    return [{"type": "item", "value": value, "id": str(uuid.uuid4())} for value in values]


def _sections(words, second, form, images):
    features = ({"heading": heading, "text": text} for heading, text in words["features"])
    voices = ({"text": text, "name": name} for text, name in words["voices"])
    questions = ({"question": question, "answer": answer} for question, answer in words["questions"])
    hero = {
        "kicker": words["kicker"],
        "heading": words["heading"],
        "text": words["text"],
        "button": {"label": words["button"], "page": None, "address": "#form"},
        "picture": images["glow-worm-lantern"].pk,
        "arrangement": "beside",
        "tone": "soft",
    }
    button = {**hero["button"], "label": second["button"]}
    other = {**hero, "heading": second["heading"], "text": second["text"], "button": button, "tone": "strong"}
    variants = (
        {"name": name, "content": [{"type": "hero", "value": one, "id": str(uuid.uuid4())}]}
        for name, one in ((words["kicker"], hero), (second["heading"], other))
    )
    return [
        ("split", {"variants": _items(*variants), "metric": "form", "goal": None}),
        ("features", {"heading": words["features_heading"], "items": _items(*features)}),
        ("form", {"heading": words["form_heading"], "form": form.pk, "anchor": "form", "tone": "strong"}),
        ("testimonials", {"heading": words["voices_heading"], "items": _items(*voices), "tone": "soft"}),
        ("faq", {"heading": words["questions_heading"], "items": _items(*questions)}),
    ]
