"""The rule editor in a real browser: in a segment, in a page's body, in the campaign tree's drawer."""

import json

import pytest
from django.apps import apps

from tests.rules_ui.conftest import condition, group, rule
from wagtail_automation.audiences.models import LeadList, Segment
from wagtail_automation.rules.rule import Rule

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SEGMENTS = "/admin/snippets/wagtail_automation_audiences/segment"
PICKER = "dialog.wa-pick[open]"


def text_of(page, name="rule"):
    return page.locator(f'textarea[name="{name}"]').input_value()


def stored(page, name="rule"):
    return json.loads(text_of(page, name) or "{}")


def sentences(page):
    return page.locator(".wa-rule__sentence").all_inner_texts()


def add(page, search, where=".wa-rule__foot [data-add]"):
    """Add a condition by keyboard alone, from the button on."""
    page.locator(where).first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(PICKER)
    page.keyboard.type(search)
    page.keyboard.press("Enter")
    page.wait_for_selector(PICKER, state="detached")


def wait_for(page, check, what):
    for _attempt in range(80):
        if check():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{what}: {text_of(page)}")


def save(page, action=None):
    """Press a button of the editor's footer and wait for the next page."""
    if action:
        page.locator("footer .w-dropdown__toggle, footer [data-w-dropdown-target=toggle]").last.click()
        button = page.locator(f'button[name="{action}"]')
    else:
        button = page.locator("footer button[type=submit]").first
    with page.expect_navigation():
        button.click()


def edit_segment(admin, its_rule, name="S"):
    segment = Segment.objects.create(name=name, rule=its_rule)
    page = admin.open(f"{SEGMENTS}/edit/{segment.pk}/")
    page.wait_for_selector(".wa-rule__foot")
    return segment, page


def test_a_segment_is_built_by_keyboard_and_published(admin, settings):
    settings.WAGTAIL_AUTOSAVE_INTERVAL = (
        0  # Wagtail's own autosave of a new object may overlap with publishing
    )
    page = admin.open(f"{SEGMENTS}/add/")
    page.wait_for_selector(".wa-rule__foot")
    assert "matches nobody" in page.locator(".wa-rule__ui").inner_text()
    page.fill("[name=name]", "Warm")
    add(page, "SCORE")
    page.wait_for_selector(".wa-rule__form input[type=number]")
    assert page.evaluate("document.activeElement.type") == "number"
    page.keyboard.type("25")
    wait_for(page, lambda: sentences(page) == ["Score above 25"], "the sentence follows the form")
    wait_for(page, lambda: page.locator(".wa-count__examples li").count() == 5, "five examples")
    assert page.locator(".wa-count__number").inner_text() == "9 leads match now"
    page.keyboard.press("Enter")  # done
    page.wait_for_selector(".wa-rule__form", state="detached")
    assert page.evaluate("document.activeElement.className") == "wa-rule__sentence"
    add(page, "list")
    page.wait_for_selector(".wa-rule__form .chooser")
    page.click(".wa-rule__form button:has-text('Choose a list')")
    page.click(".modal-body >> text=Newsletter")
    wait_for(page, lambda: sentences(page)[-1] == "Is on the list “Newsletter”", "the chosen list is said")
    page.select_option(".wa-rule__head select", "any")
    wait_for(page, lambda: stored(page)["match"] == "any", "any")
    save(page, "action-publish")
    segment = Segment.objects.get(name="Warm")
    assert segment.live
    newsletter = LeadList.objects.get(builtin="")
    assert [(item["type"], item["value"]) for item in segment.rule.items] == [
        ("score_above", {"value": 25, "group": None}),
        ("in_list", {"list": newsletter.pk}),
    ]
    assert segment.rule.match == "any"
    assert segment.memberships.count() == 9
    assert admin.errors == []


def test_only_the_textarea_is_posted_with_the_page(admin):
    _segment, page = edit_segment(admin, rule(condition("score_above", value=1)))
    page.click(".wa-rule__sentence")
    page.wait_for_selector(".wa-rule__form input")
    before = page.evaluate("[...new FormData(document.querySelector('textarea[name=rule]').form).keys()]")
    assert "rule" in before
    assert not [name for name in before if name.startswith("wa")]


def test_what_was_typed_last_is_in_the_form_however_fast_it_is_saved(admin):
    segment, page = edit_segment(admin, rule(condition("score_above", value=1)))
    page.route("**/automation/rules/clean/", lambda route: route.abort())  # the network is slow
    page.click(".wa-rule__sentence")
    page.fill(".wa-rule__form input[type=number]", "77")
    save(page, "action-publish")
    segment.refresh_from_db()
    assert segment.rule.raw["items"] == [condition("score_above", value=77, group=None)]


def test_moving_grouping_removing_and_undoing(admin):
    newsletter = LeadList.objects.get(builtin="")
    _segment, page = edit_segment(
        admin,
        rule(
            condition("score_above", id="a", value=1),
            condition("score_above", id="b", value=2),
            group(condition("score_above", id="c", value=3)),
            condition("in_list", id="d", list=newsletter.pk),
        ),
    )

    def order():
        return [
            [inner["id"] for inner in item["value"]["items"]] if item["type"] == "group" else item["id"]
            for item in stored(page)["items"]
        ]

    def press(item, tool):
        page.locator(f"[data-id={item}] [data-tool={tool}]").first.focus()
        page.keyboard.press("Enter")

    assert sentences(page)[0] == "Score above 1"
    press("b", "up")
    assert order() == ["b", "a", ["c"], "d"]
    assert page.evaluate("document.activeElement.closest('[data-id]').dataset.id") == "b"
    wait_for(
        page,
        lambda: "position 1 of 4" in page.locator(".wa-rule__sr[aria-live]").inner_text(),
        "it is announced",
    )
    press("a", "into")
    assert order() == ["b", ["c", "a"], "d"]
    assert page.evaluate("document.activeElement.dataset.tool") == "out"
    press("d", "into")
    press("c", "out")
    assert order() == ["b", ["a", "d"], "c"]
    press("g1", "remove")
    assert order() == ["b", "c"]
    page.click("[data-undo]")
    assert order() == ["b", ["a", "d"], "c"]
    press("a", "remove")
    assert order() == ["b", ["d"], "c"]
    page.click("[data-undo]")
    assert order() == ["b", ["a", "d"], "c"]
    assert page.locator("[data-id=b] [data-tool=up]").is_disabled()
    press("b", "down")
    assert order() == [["a", "d"], "b", "c"]
    add(page, "list", where="[data-id=g1] [data-add]")
    assert len(stored(page)["items"][0]["value"]["items"]) == 3
    page.click("[data-add-group]")
    page.wait_for_selector(PICKER)
    page.keyboard.press("Escape")
    assert "empty group matches nobody" in page.locator(".wa-rule__ui").inner_text()
    assert stored(page)["items"][-1]["value"] == {"match": "any", "items": []}
    assert admin.errors == []


def test_errors_stand_at_the_field(admin):
    segment, page = edit_segment(
        admin, rule(condition("in_list", list=None), condition("score_above", id="c2", value=5))
    )
    assert "Unfinished" in page.locator("[data-id=c1]").inner_text()
    page.click("[data-id=c2] .wa-rule__sentence")
    page.fill(".wa-rule__form input[type=number]", "99999999999")
    page.click(".wa-rule__form [data-done]")
    page.wait_for_selector(".wa-rule__form .w-field--error")
    assert "2000000000" in page.locator(".wa-rule__form .w-field--error").inner_text()
    save(page, "action-publish")
    page.wait_for_selector(".wa-rule__row--todo")
    segment.refresh_from_db()
    assert segment.rule.items[1]["value"] == {"value": 5}
    assert page.locator(".wa-rule__row--todo").count() == 2
    page.click("[data-id=c2] .wa-rule__sentence")
    page.wait_for_selector(".wa-rule__form .w-field--error")
    assert page.locator(".wa-rule__form input[type=number]").input_value() == "99999999999"
    page.fill(".wa-rule__form input[type=number]", "7")
    page.wait_for_selector(".wa-rule__form .w-field--error", state="detached")
    page.click(".wa-rule__form [data-done]")
    page.wait_for_selector(".wa-rule__form", state="detached")
    page.click("[data-id=c1] .wa-rule__sentence")
    page.wait_for_selector(".wa-rule__form .chooser")
    page.click(".wa-rule__form [data-done]")
    page.wait_for_selector(".wa-rule__error:not([hidden])")
    page.click(".wa-rule__form [data-done]")  # finish later
    page.wait_for_selector(".wa-rule__form", state="detached")
    page.locator("[data-id=c1] [data-tool=remove]").click()
    save(page, "action-publish")
    segment.refresh_from_db()
    assert segment.rule.raw["items"] == [condition("score_above", id="c2", value=7, group=None)]


def test_unavailable_conditions_are_shown_moved_and_kept(admin):
    odd = {"id": "u", "type": "acme_cats", "value": {"10": 1.0, "9": [1e3, None]}}
    segment, page = edit_segment(admin, rule(condition("score_above", value=1), odd))
    before = text_of(page)
    assert "Unavailable condition “acme_cats”" in sentences(page)
    assert text_of(page) == before  # looking changes nothing
    page.locator("[data-id=u] [data-tool=up]").click()
    save(page, "action-publish")
    segment.refresh_from_db()
    assert json.dumps(segment.rule.raw["items"][0]) == json.dumps(odd) or segment.rule.raw["items"][0] == odd
    assert isinstance(segment.rule.raw["items"][0]["value"]["10"], float)


@pytest.mark.parametrize(
    "raw",
    [
        {"items": "x"},
        {"match": "all", "items": [group(group(condition("score_above", value=1)))]},
        {"match": "all", "items": [condition("score_above", id=str(n), value=n) for n in range(120)]},
    ],
    ids=["not a list", "too deep", "too many"],
)
def test_a_damaged_rule_is_told_and_may_be_started_again(admin, raw):
    _segment, page = edit_segment_of_damaged(admin, raw)
    page.wait_for_selector(".wa-rule__problem")
    page.click(".wa-rule__problem button")
    page.wait_for_selector(".wa-rule__foot")
    assert stored(page) == {"match": "all", "items": []}


def edit_segment_of_damaged(admin, raw):
    segment = Segment.objects.create(name="S", rule=Rule(raw))
    page = admin.open(f"{SEGMENTS}/edit/{segment.pk}/")
    return segment, page


def test_without_the_server_nothing_is_lost_and_one_may_try_again(admin):
    segment = Segment.objects.create(name="S", rule=rule(condition("score_above", value=1)))
    admin.page.route("**/automation/rules/**", lambda route: route.abort())
    page = admin.open(f"{SEGMENTS}/edit/{segment.pk}/")
    page.wait_for_selector(".wa-rule__ui button")
    assert "could not reach the server" in page.locator(".wa-rule__ui").inner_text()
    assert stored(page)["items"] == [condition("score_above", value=1)]
    page.unroute("**/automation/rules/**")
    page.click(".wa-rule__ui button")
    page.wait_for_selector(".wa-rule__row")
    assert sentences(page) == ["Score above 1"]


def test_the_picker_finds_without_accents_and_says_when_it_finds_nothing(admin):
    _segment, page = edit_segment(admin, rule(condition("score_above", value=1)))
    page.click(".wa-rule__foot [data-add]")
    page.wait_for_selector(PICKER)
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("pOínts")
    page.wait_for_function("document.querySelectorAll('.wa-pick__entry').length < 6")
    found = page.locator(".wa-pick__label").all_inner_texts()
    assert "Score above" in found
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.querySelector('.wa-pick__label').innerText") == found[0]
    page.keyboard.press("ArrowUp")
    page.fill(".wa-pick input", "no such thing")
    assert "No condition matches" in page.locator(".wa-pick__list").inner_text()
    page.keyboard.press("Escape")  # clears the search, as everywhere
    page.keyboard.press("Escape")
    page.wait_for_selector(PICKER, state="detached")
    assert page.evaluate("document.activeElement.dataset.add") == ""


@pytest.mark.once
def test_a_strict_content_security_policy_is_kept(admin):
    """Wagtail's own inline scripts on this page are not ours; the editor must add nothing to them."""
    policy = "script-src 'self'; style-src 'self'; report-uri /csp/"
    seen = []

    def strict(route):
        response = route.fetch()
        route.fulfill(response=response, headers={**response.headers, "content-security-policy": policy})

    admin.page.route(f"**{SEGMENTS}/edit/**", strict)
    admin.page.on(
        "console", lambda message: "Content Security Policy" in message.text and seen.append(message)
    )
    _segment, page = edit_segment(
        admin, rule(condition("score_above", value=1), group(condition("in_list", id="b", list=None)))
    )
    theirs = len(seen)
    page.click("[data-id=b] .wa-rule__sentence")
    page.wait_for_selector(".wa-rule__form .chooser")
    page.click(".wa-rule__form [data-done]")
    page.wait_for_selector(".wa-rule__error:not([hidden])")
    add(page, "score")
    page.wait_for_selector(".wa-rule__form input[type=number]")
    page.keyboard.type("4")
    page.locator("[data-id=c1] [data-tool=remove]").click()
    page.wait_for_timeout(800)
    assert [message.text for message in seen[theirs:]] == []
    ours = [message for message in seen if "wagtail_automation" in json.dumps(message.location)]
    assert ours == []


@pytest.mark.once
def test_dark_and_narrow_pages_fit(admin):
    newsletter = LeadList.objects.get(builtin="")
    segment = Segment.objects.create(
        name="S",
        rule=rule(
            condition("score_above", id="a", value=1),
            group(condition("in_list", id="b", list=newsletter.pk)),
            {"id": "u", "type": "a" * 120, "value": {}},
        ),
    )
    admin.page.emulate_media(color_scheme="dark")
    admin.page.set_viewport_size({"width": 380, "height": 800})
    page = admin.open(f"{SEGMENTS}/edit/{segment.pk}/")
    page.wait_for_selector(".wa-rule__row")
    page.click("[data-id=b] .wa-rule__sentence")
    page.wait_for_selector(".wa-rule__form .chooser")
    wide = """[...document.querySelectorAll('.wa-rule, .wa-rule *')]
        .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length"""
    assert page.evaluate(wide) == 0
    page.click(".wa-rule__foot [data-add]")
    page.wait_for_selector(PICKER)
    assert page.evaluate("((d) => d.scrollWidth - d.clientWidth)(document.querySelector('.wa-pick'))") <= 0


# -- in a page's body ----------------------------------------------------------------------------------


@pytest.mark.skipif(not apps.is_installed("tests.contentapp"), reason="needs the content app")
def test_rules_in_blocks_of_a_page(admin, site):
    from tests.contentapp.models import PersonalPage

    segment = Segment.objects.get(name="Friends")
    body = [
        {
            "type": "dynamic",
            "id": "11111111-1111-4111-8111-111111111111",
            "value": {
                "alternatives": [
                    {
                        "type": "item",
                        "id": "22222222-2222-4222-8222-222222222222",
                        "value": {
                            "name": "For friends",
                            "rule": rule(condition("in_segment", segment=segment.pk)).raw,
                            "content": [{"type": "heading", "value": "Hello", "id": "3"}],
                        },
                    }
                ],
            },
        }
    ]
    home = PersonalPage(title="Home", slug="ui-home", body=json.dumps(body))
    site.root_page.add_child(instance=home)
    page = admin.open(f"/admin/pages/{home.pk}/edit/")
    # the rule stands in the block's settings group
    page.wait_for_selector(".wa-rule__row", state="attached")
    page.click("[aria-controls$=alternatives-0-value-settings]")
    page.wait_for_selector(".wa-rule__sentence")
    assert sentences(page) == ["Is in the segment “Friends”"]
    page.click(".wa-rule__foot [data-add]")
    page.wait_for_selector(PICKER)
    page.keyboard.type("score")
    page.keyboard.press("Enter")
    page.wait_for_selector(".wa-rule__form input[type=number]")
    page.keyboard.type("15")
    wait_in_page(page, lambda: "Score above 15" in sentences(page))
    # a second alternative, made in the browser
    page.locator("[data-streamfield-list-add]").last.click()
    page.click("[aria-controls$=alternatives-1-value-settings]")
    second = page.locator(".wa-rule").nth(1)
    second.locator("[data-add='']").click()
    page.wait_for_selector(PICKER)
    page.keyboard.type("list")
    page.keyboard.press("Enter")
    page.click(".wa-rule__form button:has-text('Choose a list')")
    page.click(".modal-body >> text=Newsletter")
    wait_in_page(page, lambda: "Is on the list “Newsletter”" in sentences(page))
    with page.expect_navigation():
        page.locator("footer button[type=submit]").first.click()
    latest = PersonalPage.objects.get(pk=home.pk).latest_revision.as_object()
    alternatives = latest.body[0].value["alternatives"]
    first, second = (item["rule"] for item in alternatives)
    assert [item["type"] for item in first.items] == ["in_segment", "score_above"]
    assert first.items[1]["value"] == {"value": 15, "group": None}
    assert [(item["type"], item["value"]) for item in second.items] == [
        ("in_list", {"list": LeadList.objects.get(builtin="").pk})
    ]
    assert admin.errors == []


# -- in the campaign tree's drawer ---------------------------------------------------------------------


@pytest.mark.skipif(not apps.is_installed("wagtail_automation.campaigns"), reason="needs the campaigns app")
def test_the_rule_of_a_decision_in_the_drawer(admin):
    from wagtail_automation.campaigns.models import Campaign

    step = {
        "id": "33333333-3333-4333-8333-333333333333",
        "type": "decision",
        "value": {
            "parent": "",
            "branch": "main",
            "name": "",
            "config": {"rule": rule(condition("score_above", value=5)).raw, "patience": 0, "unit": "days"},
        },
    }
    campaign = Campaign.objects.create(name="Drawer", tree=json.dumps([step]), live=False)
    campaign.save_revision()
    page = admin.open(f"/admin/snippets/wagtail_automation_campaigns/campaign/edit/{campaign.pk}/")
    page.locator(f"[data-id='{step['id']}']").first.dblclick()
    drawer = ".ct-drawer"
    page.wait_for_selector(f"{drawer} .wa-rule__row")
    assert sentences(page) == ["Score above 5"]
    page.click(f"{drawer} .wa-rule__sentence")
    page.wait_for_selector(f"{drawer} .wa-rule__form input[type=number]")
    posted = page.evaluate("[...new FormData(document.querySelector('.ct-drawer form')).keys()].sort()")
    assert posted == ["step-name", "step-patience", "step-rule", "step-unit"]
    page.fill(f"{drawer} .wa-rule__form input[type=number]", "8")
    add(page, "list", where=f"{drawer} .wa-rule__foot [data-add]")
    page.wait_for_selector(f"{drawer} .wa-rule__form .chooser")
    page.click(f"{drawer} .wa-rule__form button:has-text('Choose a list')")
    page.click(".modal-body >> text=Newsletter")
    wait_in_page(page, lambda: sentences(page) == ["Score above 8", "Is on the list “Newsletter”"])
    page.keyboard.press("Escape")  # the condition's form only
    assert page.locator(drawer).is_visible()
    page.locator(f"{drawer} footer button[type=submit]").click()
    page.wait_for_selector(drawer, state="hidden")
    with page.expect_navigation():
        page.locator("footer button[type=submit]").first.click()
    (saved,) = Campaign.objects.get(pk=campaign.pk).latest_revision.as_object().tree
    items = saved.value["config"]["rule"].items
    assert [(item["type"], item["value"]) for item in items] == [
        ("score_above", {"value": 8, "group": None}),
        ("in_list", {"list": LeadList.objects.get(builtin="").pk}),
    ]
    assert admin.errors == []


def wait_in_page(page, check):
    for _attempt in range(80):
        if check():
            return
        page.wait_for_timeout(50)
    raise AssertionError(sentences(page))
