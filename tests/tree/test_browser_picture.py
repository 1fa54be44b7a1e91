"""The tree as a picture to keep, and the overview in its corner."""

import re
import struct
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

from wagtail_automation.campaigns.models import Campaign

from .pieces import Steps, small
from .test_browser_view import large

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SVG = "{http://www.w3.org/2000/svg}"
#: how a picture is seen elsewhere: its size, its colours, and whether something differs from its ground
LOOK = """async (url) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const { width, height } = image;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const brush = canvas.getContext('2d');
  brush.drawImage(image, 0, 0);
  const { data } = brush.getImageData(0, 0, width, height);
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) colours.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
  return { ground: [data[0], data[1], data[2]], colours: colours.size };
}"""


def saved(editor, kind):
    """``(file name, bytes)`` of a picture that is asked for in the menu."""
    editor.page.get_by_role("button", name="Save as picture").click()
    with editor.page.expect_download() as download:
        editor.page.get_by_role("menuitem", name=kind).click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def read(svg):
    return ElementTree.fromstring(svg.decode())  # noqa: S314  we wrote it


def size_of(png) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    return struct.unpack(">II", png[16:24])


def texts(svg) -> str:
    return " ".join(line.text or "" for line in svg.iter(f"{SVG}text"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_whole_tree_is_a_drawing_in_light_colours(visit, scheme):
    steps = Steps().knock().ask("ask")
    for number in range(6):
        steps.letter(f"left {number} – <b>&", f"Emoji 🎈 {number}", parent="ask", branch="yes")
        steps.letter(f"right {number}", "Two", parent="ask", branch="no")
    steps.letter("unfinished", "", parent="ask", branch="no")
    campaign = Campaign.objects.create(name="Ärger / <Tea>", tree=steps.json, live=False)
    editor = visit("edit", campaign.pk, color_scheme=scheme, viewport={"width": 900, "height": 700})
    editor.page.get_by_role("button", name="Zoom out").click()
    before = editor.tree.inner_html()
    name, content = saved(editor, "SVG")
    assert name == "Ärger Tea.svg"
    svg = read(content)
    drawn = texts(svg).replace("  ", " ")
    for title in editor.titles():
        assert title in drawn, title
    for words in ("Emoji 🎈 5", "People enter when someone…", "Set up this step", "End"):
        assert words in drawn, words
    assert svg.find(f"{SVG}title").text == "Ärger / <Tea>"
    tags = {element.tag.removeprefix(SVG) for element in svg.iter()}
    assert tags <= {"svg", "title", "rect", "path", "text", "g", "circle", "polygon"}
    assert not [
        name for element in svg.iter() for name in element.attrib if name in ("style", "class", "href")
    ]
    assert min(parts_of(svg.find(f"{SVG}rect").get("fill"))) > 230, "the ground is light"
    view = [float(part) for part in svg.get("viewBox").split()]
    for box in svg.iter(f"{SVG}rect"):
        assert float(box.get("x")) >= view[0] and float(box.get("y")) >= view[1]
        assert float(box.get("x")) + float(box.get("width")) <= view[0] + view[2] + 0.2
        assert float(box.get("y")) + float(box.get("height")) <= view[1] + view[3] + 0.2
    assert editor.tree.inner_html() == before, "nothing of the tree was changed"
    expect(editor.page.locator(".ct-toolbar")).to_contain_text("90%")
    expect(editor.page.locator(".ct-toast")).to_contain_text("The picture of the whole tree is saved.")

    name, content = saved(editor, "PNG")
    assert name.endswith(".png")
    assert size_of(content) == (2 * int(svg.get("width")), 2 * int(svg.get("height")))
    look = editor.page.evaluate(
        f"(bytes) => ({LOOK})(URL.createObjectURL(new Blob([new Uint8Array(bytes)])))", list(content)
    )
    assert min(look["ground"]) > 230 and look["colours"] > 100
    assert editor.page.problems == [] and editor.violations() == []


def parts_of(rgb) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", rgb)]


@pytest.mark.once
def test_folded_branches_stay_folded_and_say_so(visit):
    steps = large(40)
    campaign = Campaign.objects.create(name="Large", tree=steps.json, live=False)
    editor = visit("edit", campaign.pk)
    _name, content = saved(editor, "SVG")
    drawn = texts(read(content))
    assert "steps hidden" in drawn and "letter 39" not in drawn
    expect(editor.page.locator(".ct-toast")).to_contain_text("Folded branches stay folded")


@pytest.mark.once
def test_a_huge_tree_is_painted_smaller_and_says_so(visit):
    steps = Steps().knock()
    for number in range(90):
        steps.letter(f"letter {number}", "One")
    campaign = Campaign.objects.create(name="Long", tree=steps.json, live=False)
    editor = visit("edit", campaign.pk)
    _name, content = saved(editor, "PNG")
    width, height = size_of(content)
    assert height == 16000 > width
    expect(editor.page.locator(".ct-toast")).to_contain_text("smaller than usual")


@pytest.mark.once
def test_the_menu_of_pictures_goes_by_keys(visit, axe):
    campaign, _steps = small()
    editor = visit("edit", campaign.pk)
    button = editor.page.get_by_role("button", name="Save as picture")
    button.focus()
    editor.page.keyboard.press("Enter")
    menu = editor.page.get_by_role("menu", name="Save as picture")
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    editor.page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("menuitem").nth(1)).to_be_focused()
    for theme in ("w-theme-light", "w-theme-dark"):
        assert editor.axe(theme=theme) == []
    editor.page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()


@pytest.mark.once
def test_a_picture_is_fetched_only_when_it_is_asked_for(visit):
    campaign, _steps = small()
    editor = visit("edit", campaign.pk)
    loaded = "performance.getEntriesByType('resource').some(({name}) => name.includes('tree-picture'))"
    editor.page.wait_for_timeout(2500)
    assert not editor.page.evaluate(loaded)
    editor.page.route("**/campaign-tree-picture.js*", lambda route: route.abort())
    editor.page.get_by_role("button", name="Save as picture").click()
    expect(editor.page.locator(".ct-toast")).to_contain_text("could not be done")
    editor.page.unroute("**/campaign-tree-picture.js*")
    assert saved(editor, "SVG")[1].startswith(b"<svg")


# -- the overview ------------------------------------------------------------------------------------
def wide() -> Steps:
    steps = Steps().knock()
    place = {}
    for number in range(12):
        steps.add("tree_fork", f"fork {number}", **place)
        steps.letter(f"letter {number}", f"L{number}", parent=f"fork {number}", branch="left")
        place = {"parent": f"fork {number}", "branch": "right"}
    return steps


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_click_in_the_overview_goes_there(visit, speaking, language):
    campaign = Campaign.objects.create(name="Wide", tree=wide().json, live=False)
    editor = visit("edit", campaign.pk, user=speaking(language), reduced_motion="reduce")
    overview = editor.page.locator(".ct-map")
    expect(overview).to_be_visible()
    assert overview.get_attribute("aria-hidden") == "true"
    editor.page.locator(".ct-ui").scroll_into_view_if_needed()
    last = editor.card("letter 11")
    expect(last).not_to_be_in_viewport()
    map_, at = overview.locator("svg").bounding_box(), place_in_tree(last)
    editor.page.mouse.click(map_["x"] + at["x"] * map_["width"], map_["y"] + at["y"] * map_["height"])
    expect(last).to_be_in_viewport()
    frame = overview.locator(".ct-map-frame").bounding_box()
    middle = map_["x"] + at["x"] * map_["width"], map_["y"] + at["y"] * map_["height"]
    assert frame["x"] - 2 <= middle[0] <= frame["x"] + frame["width"] + 2
    assert frame["y"] - 2 <= middle[1] <= frame["y"] + frame["height"] + 2
    first = editor.card("fork 0")
    at = place_in_tree(first)
    editor.page.mouse.move(*middle)
    editor.page.mouse.down()
    editor.page.mouse.move(map_["x"] + at["x"] * map_["width"], map_["y"] + at["y"] * map_["height"], steps=4)
    editor.page.mouse.up()
    expect(first).to_be_in_viewport()
    expect(last).not_to_be_in_viewport()
    assert editor.page.problems == [] and editor.violations() == []


def place_in_tree(card) -> dict:
    """Where a card's middle is in the whole tree, from 0 to 1."""
    return card.evaluate(
        "(el) => { const r = el.getBoundingClientRect(), f = el.closest('.ct-flow').getBoundingClientRect();"
        " const part = (from, size, start, all) => (from + size / 2 - start) / all;"
        " return { x: part(r.left, r.width, f.left, f.width), y: part(r.top, r.height, f.top, f.height) }; }"
    )


def test_the_overview_follows_the_tree_and_stays_hidden(visit, axe):
    steps = wide()
    campaign = Campaign.objects.create(name="Wide", tree=steps.json, live=False)
    editor = visit("edit", campaign.pk)
    overview, button = editor.page.locator(".ct-map"), editor.page.get_by_role("button", name="Overview in")
    expect(overview).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "true")
    for theme in ("w-theme-light", "w-theme-dark"):
        assert editor.axe(theme=theme) == []
    cards = overview.locator(".ct-map-cards")
    boxes = cards.get_attribute("d").count("M")
    assert boxes + overview.locator(".ct-map-starts").get_attribute("d").count("M") == len(steps.json)
    editor.card("letter 0").focus()
    editor.page.keyboard.press("Delete")
    expect(cards).to_have_attribute("d", re.compile(rf"^(M[^M]+){{{boxes - 1}}}$"))
    frame = overview.locator(".ct-map-frame")
    before = frame.bounding_box()
    editor.page.locator(".ct-canvas").evaluate("(canvas) => canvas.scrollBy(300, 200)")
    expect(frame).not_to_have_attribute("x", str(before["x"]))
    editor.page.wait_for_function(
        "(x) => document.querySelector('.ct-map-frame').getBoundingClientRect().x > x + 3", arg=before["x"]
    )
    editor.page.get_by_role("button", name="Outline view").click()
    expect(overview).to_be_hidden()
    editor.page.get_by_role("button", name="Outline view").click()
    expect(overview).to_be_visible()
    button.click()
    expect(overview).to_be_hidden()
    editor.page.reload()
    editor.ready()
    expect(button).to_have_attribute("aria-pressed", "false")
    editor.page.wait_for_timeout(2500)
    expect(overview).to_have_count(0)
    button.click()
    expect(overview).to_be_visible()
    assert editor.page.problems == []


@pytest.mark.once
def test_no_overview_of_what_is_seen_anyway_or_on_a_phone(visit):
    campaign = Campaign.objects.create(name="Tiny", tree=Steps().knock().json, live=False)
    editor = visit("edit", campaign.pk)
    expect(editor.page.locator(".ct-map")).to_be_hidden()
    editor.page.wait_for_timeout(2500)
    expect(editor.page.locator(".ct-map")).to_be_hidden()
    campaign = Campaign.objects.create(name="Wide", tree=wide().json, live=False)
    editor = visit("edit", campaign.pk, viewport={"width": 400, "height": 800})
    expect(editor.page.get_by_role("button", name="Overview in")).to_be_hidden()
    editor.page.wait_for_timeout(2500)
    expect(editor.page.locator(".ct-map")).to_be_hidden()
