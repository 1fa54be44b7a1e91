"""A real browser on the tree editor, driven by labels and roles as far as they go."""

import re
from pathlib import Path

from playwright.sync_api import expect

AXE = Path(__file__).parents[1] / "js/node_modules/axe-core/axe.min.js"
#: what is ours on the page; Wagtail's own furniture is Wagtail's business
OURS = [".ct", ".wa-dry__bar", ".wa-dry__panel", ".ct-drawer", ".ct-picker", ".ct-menu", ".ct-ask"]

#: notes each violation of the content security policy with the script that caused it
LISTEN = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (e) => {
  window.violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`);
});
"""


#: contrast of a part's words on its card, whatever notation the colours come in, all opacities included
CONTRAST = """(card, part) => {
  const words = card.querySelector(part);
  const brush = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (css) => {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = css;
    brush.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
    if (a < 255) throw new Error(`${css} lets something through`);
    return [r, g, b];
  };
  const ground = rgb(getComputedStyle(card).backgroundColor);
  let shown = 1;
  for (let el = words; el; el = el.parentElement) shown *= getComputedStyle(el).opacity;
  const ink = rgb(getComputedStyle(words).color).map((c, i) => c * shown + ground[i] * (1 - shown));
  const light = (colour) => colour
    .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const [dark, bright] = [light(ink), light(ground)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}"""


class PolicyMiddleware:
    """Puts a strict policy on every page, as a careful site does."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response["Content-Security-Policy"] = "script-src 'self'; style-src 'self'"
        return response


class Editor:
    """The tree editor on a page of the admin."""

    def __init__(self, page, name="Campaign steps"):
        self.page = page
        self.tree = page.get_by_role("tree", name=name)
        self.drawer = page.locator(".ct-drawer")
        self.picker = page.locator(".ct-picker")

    # -- looking --------------------------------------------------------------------------------
    def ready(self):
        expect(self.tree).to_be_visible()
        return self

    def card(self, text):
        return self.tree.locator(".ct-card").filter(has_text=text)

    def branch(self, text):
        return self.tree.locator(".ct-branch-label").filter(has_text=text)

    def titles(self):
        """Titles of cards and branches in reading order."""
        return [
            line.inner_text().split("\n")[0]
            for line in self.tree.locator(".ct-title, .ct-branch-label > span:nth-child(2)").all()
        ]

    def steps(self):
        return self.page.evaluate("JSON.parse(document.querySelector('.ct textarea').value)")

    # -- doing ----------------------------------------------------------------------------------
    def pick(self, label):
        """Choose in the open picker."""
        self.picker.get_by_role("searchbox").fill(label)
        self.picker.get_by_role("option").filter(has_text=label).first.click()

    def start(self, label):
        self.tree.get_by_role("button", name="Choose what starts this campaign").click()
        self.pick(label)

    def add_after(self, item, label):
        """Add a step after a card or at the top of a branch."""
        item.focus()
        self.page.keyboard.press("a")
        self.pick(label)

    def choose(self, button, item):
        """Through a chooser's modal."""
        self.page.locator(".ct-drawer").get_by_role("button", name=button).click()
        modal = self.page.locator(".modal.in, .modal.show")
        modal.get_by_role("link", name=item).click()
        expect(modal).to_have_count(0)

    def done(self):
        self.drawer.locator(".ct-drawer-foot").get_by_role("button", name="Done").click()
        expect(self.drawer).to_be_hidden()

    def drag(self, card, target):
        """With the mouse: the places to drop grow when the card leaves its own."""
        mouse = self.page.mouse
        card.hover()
        mouse.down()
        box = target.bounding_box()
        mouse.move(box["x"] + 20, box["y"] + 20)
        self.page.wait_for_timeout(200)
        box = target.bounding_box()
        mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
        mouse.up()

    def save(self):
        self.page.get_by_role("button", name=re.compile("^Save draft")).first.click()
        expect(self.page.locator(".messages .success")).to_be_visible()

    def publish(self):
        self.page.locator("footer").get_by_role("button", name="More actions").click()
        self.page.get_by_role("button", name="Publish", exact=True).click()

    def violations(self):
        """Of the content security policy, by scripts of ours."""
        return [line for line in self.page.evaluate("window.violations") if "wagtail_automation" in line]

    def contrast(self, card, part):
        """Of the words in a part of a card, as WCAG counts it."""
        return card.evaluate(f"(card) => ({CONTRAST})(card, {part!r})")

    def slid(self):
        """The drawer, once it has slid in: its form may be there before."""
        self.drawer.evaluate(
            "(drawer) => Promise.all(drawer.getAnimations().map((one) => one.finished)).then(() => null)"
        )
        return self.drawer

    def axe(self, *, theme=""):
        """Violations of accessibility rules in what is ours, in words."""
        if theme:
            self.page.evaluate(
                "(theme) => { const c = document.documentElement.classList;"
                " c.remove('w-theme-system', 'w-theme-light', 'w-theme-dark'); c.add(theme); }",
                theme,
            )
        # colours on their way from one theme to the other are nobody's
        self.page.evaluate(
            "() => Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition)"
            ".map((one) => one.finished.catch(() => null))).then(() => null)"
        )
        self.page.evaluate(AXE.read_text())
        result = self.page.evaluate(
            "(ours) => axe.run({include: ours.filter((s) => document.querySelector(s)).map((s) => [s])},"
            " {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})",
            OURS,
        )
        return [
            (rule["id"], [(node["html"][:120], node["failureSummary"][:240]) for node in rule["nodes"][:3]])
            for rule in result["violations"]
        ]
