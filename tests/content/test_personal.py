"""Personal parts of pages: who sees what, at which price, and that nothing personal is shared."""

import uuid

import pytest
from django.test import Client

from tests.content.conftest import dynamic, one_block, rule
from wagtail_automation.content import deciding, personal

pytestmark = pytest.mark.django_db


def in_segment(segment):
    return rule(("in_segment", {"segment": segment.pk}))


def fragments(client, page):
    response = client.get(f"/automation/fragments/{page.pk}/")
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    return [one["html"] for one in response.json()["fragments"].values()]


def test_page_without_personal_parts_costs_nothing(make_page, make_visitor, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_page([one_block("heading", "Hello")])
    known, _lead = make_visitor()
    for who in (Client(), known):
        who.get("/personal/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = who.get("/personal/")
        assert "wa_visitor" not in response.cookies
        assert "Cookie" not in response.get("Vary", "")
        assert "private" not in response.get("Cache-Control", "")
        assert not [one for one in queries.captured_queries if "wagtail_automation" in one["sql"]]
        assert "fragments" not in response.content.decode()


def test_page_with_personal_parts_is_the_same_for_everybody(make_page, make_visitor, make_segment):
    known, lead = make_visitor()
    page = make_page([dynamic([(in_segment(make_segment(lead)), "For members")])])
    pages = [who.get("/personal/") for who in (Client(), known)]
    assert pages[0].content == pages[1].content
    html = pages[0].content.decode()
    assert "Everybody" in html
    assert "For members" not in html
    assert "data-wa-fragment=" in html
    assert html.count("<script") == 1
    for response in pages:
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")
        assert "private" not in response.get("Cache-Control", "")
    assert fragments(known, page) == [
        '<div class="w-block-heading block-heading"><h2>For members</h2>\n</div>'
    ]


def test_unknown_visitors_cost_no_query(make_page, make_segment, django_assert_num_queries):
    page = make_page([dynamic([(in_segment(make_segment()), "A")])])
    with django_assert_num_queries(0):
        assert fragments(Client(), page) == []


def test_first_matching_alternative_wins(make_page, make_visitor, make_segment):
    known, lead = make_visitor()
    other, both = make_segment(name="other"), make_segment(lead)
    page = make_page(
        [dynamic([(in_segment(other), "No"), (in_segment(both), "First"), (in_segment(both), "Second")])]
    )
    (html,) = fragments(known, page)
    assert "First" in html


def test_anonymous_visitors_have_segments_too(make_page, make_visitor, make_segment):
    who, lead = make_visitor(level="anonymous")
    page = make_page([dynamic([(in_segment(make_segment(lead)), "Mine")])])
    assert "Mine" in fragments(who, page)[0]


NEVER = {
    "empty": {},
    "no conditions": {"match": "all", "items": []},
    "unknown": rule(("not_installed", {"x": 1})),
    "none of unknown": rule(("not_installed", {}), match="none"),
    "any with unknown": rule(("score_above", {"value": -1}), ("not_installed", {}), match="any"),
    "deleted segment": rule(("in_segment", {"segment": 999_999})),
    "not in deleted segment": rule(("in_segment", {"segment": 999_999}), match="none"),
    "no parameters": rule(("in_segment", {})),
    "damaged": {"match": "all", "items": "x"},
    "list": [],
}


@pytest.mark.parametrize("asked", NEVER.values(), ids=NEVER)
@pytest.mark.parametrize("mode", ["fragment", "server"])
def test_rules_that_cannot_be_asked_match_nobody(make_page, make_visitor, settings, asked, mode):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PERSONALISE": mode}
    known, _lead = make_visitor()
    page = make_page([dynamic([(asked, "Never")])])
    html = known.get("/personal/").content.decode()
    assert "Everybody" in html
    assert "Never" not in html
    assert fragments(known, page) == []


def test_twenty_blocks_over_twenty_segments_take_two_queries(
    make_page, make_visitor, make_segment, django_assert_num_queries
):
    known, lead = make_visitor()
    segments = [make_segment(*([lead] if number % 2 else []), name=f"S{number}") for number in range(20)]
    page = make_page([dynamic([(in_segment(one), one.name)]) for one in segments])
    parts = personal.parts(page)
    from wagtail_automation.tracking.visitors import VisitorState

    request = known.get("/personal/").wsgi_request
    with django_assert_num_queries(2):  # the visitor with the lead, and all memberships
        person = personal.Person(VisitorState(request))
        person.ask([one.rule for part in parts for one in part.block.alternatives(part.value)])
        chosen = [part.block.render_for(person, part.value, {}) for part in parts]
    assert sum(one is not None for one in chosen) == 10


def test_inline_rules_take_one_query_more(make_page, make_visitor, make_segment, django_assert_num_queries):
    known, lead = make_visitor(first_name="Zoé", score=50)
    segment = make_segment(lead)
    body = [dynamic([(in_segment(segment), "segment")])]
    body += [dynamic([(rule(("score_above", {"value": n})), f"score {n}")]) for n in (10, 20, 90)]
    page = make_page(body)
    html = "".join(fragments(known, page))
    assert "segment" in html
    assert "score 10" in html
    assert "score 90" not in html
    rules = [one.rule for part in personal.parts(page) for one in part.block.alternatives(part.value)]
    with django_assert_num_queries(2):
        asked = {deciding.text_of(one): one for one in rules}
        assert deciding.answer(asked, lead) == [True, True, True, False]


def test_drafts_and_restricted_pages_give_nothing(make_page, make_visitor, make_segment, client):
    from wagtail.models import PageViewRestriction

    known, lead = make_visitor()
    page = make_page([dynamic([(in_segment(make_segment(lead)), "Secret")])])
    restriction = PageViewRestriction.objects.create(page=page, restriction_type="login")
    assert fragments(known, page) == []
    restriction.delete()
    assert len(fragments(known, page)) == 1
    page.body = [*page.body.raw_data, one_block("heading", "Draft")]
    page.save_revision()
    assert "Draft" not in "".join(fragments(known, page))
    page.unpublish()
    assert fragments(known, page) == []
    assert fragments(known, type("Gone", (), {"pk": 999_999})) == []


def test_server_mode_is_private_only_where_something_is_personal(
    make_page, make_visitor, make_segment, settings, django_assert_num_queries
):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PERSONALISE": "server"}
    known, lead = make_visitor()
    make_page([dynamic([(in_segment(make_segment(lead)), "For members")])])
    make_page([one_block("heading", "Plain")], slug="plain")
    mine, theirs, plain = known.get("/personal/"), Client().get("/personal/"), known.get("/plain/")
    assert "For members" in mine.content.decode()
    assert "Everybody" not in mine.content.decode()
    assert "Everybody" in theirs.content.decode()
    for response in (mine, theirs):
        assert "Cookie" in response["Vary"]
        assert "private" in response["Cache-Control"]
        assert "fragments.js" not in response.content.decode()
    assert "<script" not in theirs.content.decode(), "nobody is counted who is not known"
    assert "Cookie" not in plain.get("Vary", "")


def test_personal_text_only_for_the_identified(make_page, make_visitor):
    text = 'Hello {{ lead.first_name | default: "friend" }}'
    page = make_page([one_block("greeting", text), one_block("greeting", "No values, <b>bold</b>")])
    html = Client().get("/personal/").content.decode()
    assert "Hello friend" in html
    assert html.count("data-wa-fragment=") == 1
    identified, _lead = make_visitor(first_name="<script>Zoé")
    recognised, _lead = make_visitor(level="recognised", first_name="Ann")
    assert fragments(identified, page) == ["Hello &lt;script&gt;Zoé"]
    assert fragments(recognised, page) == []


def test_nested_personal_text_in_an_alternative(make_page, make_visitor, make_segment):
    known, lead = make_visitor(first_name="Zoé")
    block = dynamic([(in_segment(make_segment(lead)), "x")])
    block["value"]["alternatives"][0]["value"]["content"] = [
        one_block("greeting", "Hi {{ lead.first_name }}!")
    ]
    block["value"]["fallback"] = [one_block("greeting", "Bye {{ lead.first_name }}!")]
    page = make_page([block])
    html = fragments(known, page)
    assert any("Hi Zoé!" in one for one in html)
    assert "Bye !" in Client().get("/personal/").content.decode()


def test_form_in_an_alternative_knows_its_page(make_page, make_visitor, make_segment, form):
    known, lead = make_visitor()
    block = dynamic([(in_segment(make_segment(lead)), "x")])
    block["value"]["alternatives"][0]["value"]["content"] = [one_block("form", form.pk)]
    page = make_page([block])
    (html,) = fragments(known, page)
    assert f'name="wa_page" value="{page.pk}"' in html


def test_one_preview_mode_for_each_alternative(make_page, make_segment, rf):
    page = make_page([dynamic([(in_segment(make_segment()), "Gold"), (rule(), "")])])
    labels = [str(label) for _name, label in page.preview_modes]
    assert labels[-2:] == ["Gold", "Alternative 2 of block 1"]
    gold = page.preview_modes[-2][0]
    seen = {}
    for mode in ("", gold):
        response = page.make_preview_request(preview_mode=mode)
        response.render() if not response.is_rendered else None
        seen[mode] = response.content.decode()
    assert "Everybody" in seen[""]
    assert "Gold" in seen[gold]
    assert "Everybody" not in seen[gold]
    assert "data-wa-fragment" not in seen[gold]


def test_rendered_without_a_request(make_page, make_segment):
    page = make_page(
        [dynamic([(in_segment(make_segment()), "Gold")]), one_block("greeting", "Hi {{ lead.x }}")]
    )
    html = str(page.body)
    assert "Everybody" in html
    assert "Gold" not in html
    assert uuid.UUID(personal.parts(page)[0].key)


def segment_rules(ids):
    """Rules over segments, with groups, broken parts and segments that do not exist."""
    from hypothesis import strategies as st

    item = st.builds(
        lambda value: {"type": "in_segment", "value": value},
        st.one_of(
            st.builds(lambda pk: {"segment": pk}, st.sampled_from([*ids, 999_999, "x", None])),
            st.builds(lambda pk: {"segment": pk}, st.sampled_from(ids)),
            st.just({}),
        ),
    )
    match = st.sampled_from(["all", "any", "none"])

    def group(parts):
        inner = st.lists(parts, max_size=3)
        return st.builds(lambda m, i: {"type": "group", "value": {"match": m, "items": i}}, match, inner)

    parts = st.lists(st.one_of(item, item, group(item)), max_size=4)
    return st.builds(lambda m, i: {"match": m, "items": i}, match, parts)


def test_plans_answer_as_the_compiler_does(make_visitor, make_segment):
    from hypothesis import HealthCheck, given, settings

    from wagtail_automation import clock
    from wagtail_automation.leads.models import Lead
    from wagtail_automation.rules import Scope
    from wagtail_automation.rules.compiler import compile_rule
    from wagtail_automation.rules.rule import Rule

    _who, lead = make_visitor()
    ids = [make_segment(lead, name="in").pk, make_segment(name="out").pk, make_segment(lead, name="in2").pk]

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(segment_rules(ids))
    def check(raw):
        asked = Rule(raw)
        expected = Lead.objects.filter(compile_rule(asked, Scope(clock.now())), pk=lead.pk).exists()
        assert deciding.answer({deciding.text_of(asked): asked}, lead) == [expected]

    check()
