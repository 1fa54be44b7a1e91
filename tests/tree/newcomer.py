"""The walk of somebody who knows Wagtail but not this package: a first campaign, from what the screen says.

“When the contact form is sent, thank them; if they do not click within two days, remind them; if they click,
give ten points and tell the sales team.” The test of this walk is ``test_newcomer``; its pictures in the
tutorial are made of the running example site (``make run``):

    python -m tests.tree.newcomer http://localhost:8000 docs/images
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import expect

#: What the screen says, in the order in which it is read; the last lines are what the newcomer writes.
ENGLISH = {
    "automation": "Automation",
    "campaigns": "Campaigns",
    "add": "Add campaign",
    "name": "Name",
    "start": "Choose what starts this campaign",
    "form_submitted": "Form submitted",
    "choose_form": "Choose a form",
    "next": "Add next step",
    "send_email": "Send email",
    "choose_email": "Choose an email",
    "new_email": "New email",
    "subject": "Subject",
    "text": "Text",
    "create": "Create email",
    "search": "Search steps",
    "clicked": "Clicked in the email",
    "wait": "Wait at most",
    "score": "Change the score",
    "points": "Points or factor",
    "alert": "Alert the sales team",
    "to": "Who is told",
    "sales": "The whole sales team",
    "done": "Done",
    "no": "No",
    "plus": "Add a step here",
    "more": "More actions",
    "publish": "Publish",
    "form": "A letter to the mill",
    "campaign": "Thank you for your letter",
    "looks_for": "sales",
    "thanks": ("Thank you for your letter", "Hello {{ lead.first_name }},\n\nwe will answer tomorrow."),
    "reminder": ("Have you seen our house?", "Hello {{ lead.first_name }},\n\nthe door is still open."),
}
FRENCH = {
    "automation": "Automatisation",
    "campaigns": "Campagnes",
    "add": "Ajouter un(e) campagne",
    "name": "Nom",
    "start": "Choisissez ce qui lance cette campagne",
    "form_submitted": "Formulaire envoyé",
    "choose_form": "Choisir un formulaire",
    "next": "Ajouter la suite",
    "send_email": "Envoyer un e-mail",
    "choose_email": "Choisir un e-mail",
    "new_email": "Nouvel e-mail",
    "subject": "Objet",
    "text": "Texte",
    "create": "Créer l’e-mail",
    "search": "Rechercher une étape",
    "clicked": "A cliqué dans l’e-mail",
    "wait": "Attendre au plus",
    "score": "Modifier le pointage",
    "points": "Points ou facteur",
    "alert": "Alerter l’équipe de vente",
    "to": "Qui prévenir",
    "sales": "Toute l’équipe de vente",
    "done": "Fait",
    "no": "Non",
    "plus": "Ajouter une étape ici",
    "more": "Plus d'actions",
    "publish": "Publier",
    "form": "Une lettre au moulin",
    "campaign": "Merci de votre lettre",
    "looks_for": "vente",
    "thanks": ("Merci de votre lettre", "Bonjour {{ lead.first_name }},\n\nnous répondrons demain."),
    "reminder": ("Connaissez-vous la maison ?", "Bonjour {{ lead.first_name }},\n\nla porte reste ouverte."),
}


#: a thing in a list that must be scrolled before it can be read
OUT_OF_SIGHT = """(option) => {
  const seen = option.closest('[role=listbox]').getBoundingClientRect();
  const own = option.getBoundingClientRect();
  return own.top < seen.top || own.bottom > seen.bottom;
}"""


class Newcomer:
    """Acts on what can be read on the page, and counts: one for each press, choice or text typed.

    ``picture(name)`` is called where the newcomer stops to look.
    """

    def __init__(self, page, words=ENGLISH, picture=None):
        self.page, self.words = page, words
        self.did: list[str] = []
        self.picture = picture or (lambda name: None)

    # -- acts -------------------------------------------------------------------------------------------
    def press(self, word, role="button"):
        """A button, link, tab or option that says so; the one that appeared last if several do."""
        said = self.words.get(word, word)
        found = self.page.get_by_role(role, name=said, exact=role != "option")
        if role == "option":
            found = found.filter(has=self.page.get_by_text(said, exact=True)).first
            if found.evaluate(OUT_OF_SIGHT):
                self.did.append(f"scroll to {said}")
        else:
            found = found.locator("visible=true").last
        found.click()
        self.did.append(f"press {said}")

    def write(self, word, text, role="textbox"):
        said = self.words.get(word, word)
        field = self.page.get_by_role(role, name=said).locator("visible=true").last
        field.fill(text)
        self.did.append(f"write {text!r} into {said}")

    def choose(self, word, answer):
        said, answer = self.words[word], self.words[answer]
        self.page.get_by_role("combobox", name=said).locator("visible=true").last.select_option(answer)
        self.did.append(f"choose {answer} in {said}")

    def finish_step(self):
        """Press Done and see the drawer go."""
        self.press("done")
        expect(self.page.get_by_role("button", name=self.words["done"], exact=True)).to_have_count(0)

    def press_plus_below(self, word):
        """The plus that stands nearest below a word."""
        label = (
            self.page.get_by_text(self.words[word], exact=True).locator("visible=true").last.bounding_box()
        )
        middle = label["x"] + label["width"] / 2

        def distance(plus):
            box = plus.bounding_box()
            down = box["y"] - label["y"]
            return down + abs(box["x"] + box["width"] / 2 - middle) * 10 if down > 0 else float("inf")

        pluses = self.page.get_by_title(self.words["plus"]).locator("visible=true")
        expect(pluses.first).to_be_visible()
        min(pluses.all(), key=distance).click()
        self.did.append(f"press + below {self.words[word]}")

    # -- the walk ---------------------------------------------------------------------------------------
    def build(self):
        """From the admin's home page to the published campaign."""
        self.open_a_new_campaign()
        self.say_what_starts_it()
        self.thank()
        self.ask_for_the_click()
        self.reward()
        self.remind()
        self.picture("whole")
        self.press("more")
        self.press("publish")
        expect(self.page.get_by_text(self.words["campaign"]).first).to_be_visible()
        self.page.wait_for_url("**/campaign/")
        self.picture("list")

    def open_a_new_campaign(self):
        self.press("automation")
        self.press("campaigns")
        self.press("campaigns", role="link")
        self.press("add", role="link")
        self.write("name", self.words["campaign"])
        self.picture("empty")

    def say_what_starts_it(self):
        self.press("start")
        self.picture("starts")
        self.press("form_submitted", role="option")
        self.press("choose_form")
        self.press("form", role="link")

    def write_email(self, which):
        subject, text = self.words[which]
        self.press("send_email", role="option")
        self.press("choose_email")
        self.press("new_email", role="tab")
        self.write("subject", subject)
        self.write("text", text)
        self.picture(which)
        self.press("create")

    def thank(self):
        self.press("next")
        self.picture("steps")
        self.write_email("thanks")

    def ask_for_the_click(self):
        self.press("next")
        self.press("clicked", role="option")
        self.write("wait", "2", role="spinbutton")
        self.picture("clicked")

    def reward(self):
        self.press("next")
        self.press("score", role="option")
        self.write("points", "10", role="spinbutton")
        self.press("next")
        self.write("search", self.words["looks_for"], role="searchbox")
        self.press("alert", role="option")
        self.choose("to", "sales")
        self.picture("alert")
        self.finish_step()

    def remind(self):
        self.press_plus_below("no")
        self.write_email("reminder")
        self.finish_step()


# -- pictures for the tutorial ------------------------------------------------------------------------------

LOGINS = {"en": ("admin", "alder-admin", ENGLISH), "fr": ("ines", "alder-ines", FRENCH)}
HEIGHTS = {"thanks": 940, "whole": 1320}
PICTURES = ("empty", "starts", "thanks", "clicked", "alert", "whole")


def save(page, path: Path) -> None:
    """A small PNG of what is on the screen: 96 colours are enough for a user interface."""
    import io

    from PIL import Image

    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(600)  # what moves has arrived
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(96).save(path, optimize=True)


def main(url: str, folder: str, *languages: str) -> None:
    """Walk through the running example site; saves ``first_campaign_<name>_<language>.png``."""
    from playwright.sync_api import sync_playwright

    from tests.browsers import ARGUMENTS

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for language in languages or LOGINS:
            name, password, words = LOGINS[language]
            page = browser.new_context(viewport={"width": 1180, "height": 780}).new_page()
            page.goto(f"{url}/admin/login/")
            page.locator("[name=username]").fill(name)
            page.locator("[name=password]").fill(password)
            page.locator("[type=submit]").click()
            page.wait_for_url("**/admin/")

            def picture(name, page=page, language=language):
                if name in PICTURES:
                    page.set_viewport_size({"width": 1180, "height": HEIGHTS.get(name, 780)})
                    save(page, Path(folder) / f"first_campaign_{name}_{language}.png")
                    page.set_viewport_size({"width": 1180, "height": 780})

            newcomer = Newcomer(page, words, picture)
            newcomer.build()
            sys.stdout.write(f"{language}: {len(newcomer.did)} acts\n")
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
