"""Liquid: strict, bounded, escaped where asked, blind to anything but data."""

import datetime as dt
import time

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import strategies as st

from wagtail_automation import clock, liquid

LEAD = {"lead": {"first_name": "Zoé", "company": "", "score": 12}}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hello {{ lead.first_name }}", "Hello Zoé"),
        ("Hello {{ lead.company | default: 'friend' }}", "Hello friend"),
        ("{% if lead.nothing %}yes{% else %}no{% endif %}", "no"),
        ("{{ lead.score | plus: 1 }}", "13"),
        ("{% for i in (1..3) %}{{ i }}{% endfor %}", "123"),
        ("{% raw %}{{ not read }}{% endraw %}", "{{ not read }}"),
        ("{{ '2026-02-03' | date: '%-d %B %Y %%' }}", "3 February 2026 %"),
        ("{{ 'soon' | date: '%Y' }}", "soon"),
    ],
)
def test_renders(source, text):
    assert liquid.render(source, LEAD) == text


def test_names_of_months_follow_the_language():
    with translation.override("fr"):
        assert liquid.render("{{ d | date: '%d %B' }}", {"d": dt.date(2026, 8, 3)}) == "03 août"


@pytest.mark.parametrize(
    "source",
    [
        "{{ lead.nothing }}",
        "{{ x | safe }}",
        "{{ 'x' | base64_decode }}",
        "{% include 'x' %}",
        "{% render 'x' %}",
        "{{ lead.first_name.__class__ }}",
        "{{ ",
        "{% if %}",
        "{% if x %}" * 40,
        "{% if x " + "and x " * 5000 + "%}{% endif %}",
        "{{ " + "9" * 5000 + " }}",
        "{{ 5 | divided_by: 0 }}",
        "{% for i in (1..1000000000) %}x{% endfor %}",
        "{{ (1..1000000000) | join: ',' }}",
        "{% if (1..10000000000) contains 'x' %}a{% endif %}",
        "{% assign x='aaaaaaaaaa' %}{% for i in (1..100) %}{% assign x = x | append: x %}{% endfor %}",
        "{% assign x=9 %}{% for i in (1..1000) %}{% assign x = x | times: x %}{% endfor %}",
        "{% assign x='aaaaaaaaaa' %}{% for i in (1..12) %}{% assign x = x | append: x %}{% endfor %}"
        "{{ x | replace: '', x }}",
        "{% for i in (1..40) %}{% for j in (1..50) %}{% assign x = '"
        + "ab" * 4000
        + "' | split: '' | sort | uniq | join: '' %}{% endfor %}{% endfor %}",
        "x" * 600_000,
    ],
    ids=range(20),
)
def test_refuses_what_is_unknown_or_unbounded_in_bearable_time(source):
    started = time.monotonic()
    with pytest.raises(liquid.TemplateError):
        liquid.render(source, LEAD)
    assert time.monotonic() - started < 5


def test_errors_name_the_line():
    with pytest.raises(liquid.TemplateError, match="2"):
        liquid.render("Hello\n{{ lead.nothing }}", LEAD)
    with pytest.raises(ValidationError):
        liquid.validate("{% if %}")


def test_only_data_is_visible():
    class Secret:
        password = "secret"
        __html__ = "<b>"

        def __str__(self):
            return "a secret"

    assert liquid.render("{{ x }}", {"x": Secret()}) == "a secret"
    with pytest.raises(liquid.TemplateError):
        liquid.render("{{ x.password }}", {"x": Secret()})


@given(st.text())
def test_values_are_escaped_and_never_evaluated_again(value):
    value = value + "{{ lead.secret }}{% if %}<script>"
    assert liquid.render("{{ v }}", {"v": value}) == value
    html = liquid.render("<p>{{ v }}</p>", {"v": value}, escape=True)
    assert "<" not in html.removeprefix("<p>").removesuffix("</p>")


@pytest.mark.parametrize(
    "chain",
    [
        "append: v",
        "prepend: '<b>' | upcase",
        "split: ',' | join: '<br>'",
        "replace: 'i', '<u>'",
        "escape",
        "strip",
    ],
)
def test_no_filter_lets_a_value_out_unescaped(chain):
    html = liquid.render("{{ v | " + chain + " }}", {"v": "<i>,<script>"}, escape=True)
    assert "<i" not in html.lower()
    assert "<script" not in html.lower()


def test_marked_safe_data_is_escaped_too():
    from django.utils.safestring import mark_safe

    assert liquid.render("{{ v }}", {"v": mark_safe("<i>")}, escape=True) == "&lt;i&gt;"


def test_variables_and_places():
    template = liquid.parse("Hello {{ lead.first_name | default: x }}!")
    assert template.variables == {"lead.first_name", "x"}
    places = template.places()
    assert places.constants == ["Hello ", "!"] and places.names == [""]
    assert places.write(liquid.plain({**LEAD, "x": ""}), clock.now()) == ["Zoé"]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "no place",
        "{{ v }}",
        "a{{ v }}{{ v | upcase }}b{{ u }}",
        "{% if v == '<i>' %}x{{ v }}{% else %}y{% endif %} {{ u }}{{ v }}",
        "{% assign w = v | append: '!' %}{{ w }} and {{ w }}{% for n in (1..3) %}{{ n }}{{ u }}{% endfor %}",
        "{% capture u %}taken{% endcapture %}{{ u }}",
        "{%- if true -%} {{- v -}} {%- endif -%} . {{ today | date: '%Y' }}",
        "{% comment %}{{ nobody }}{% endcomment %}{{ u }}",
    ],
)
@pytest.mark.parametrize("escape", [False, True])
def test_places_and_what_is_between_make_up_the_same_text(source, escape):
    """Also where a tag takes the name that the caller would have written."""
    now, values = clock.now(), {"v": "<i>", "u": "https://example.com/"}
    template = liquid.parse(source, escape=escape)
    places = template.places({"u"})
    written = iter(places.write(values, now))
    text = places.constants[0]
    for name, constant in zip(places.names, places.constants[1:], strict=True):
        text += (values[name] if name else next(written)) + constant
    assert next(written, None) is None
    assert text == template.render(values, now=now)


def test_places_have_the_bounds_of_the_whole(monkeypatch):
    monkeypatch.setattr(liquid, "MAX_OUTPUT", 100)
    places = liquid.parse("x" * 90 + "{{ v }}").places()
    assert places.write({"v": "y" * 10}, clock.now()) == ["y" * 10]
    with pytest.raises(liquid.TemplateError):
        places.write({"v": "y" * 11}, clock.now())


@pytest.fixture
def filter_of_ones_own():
    """Registers one under a name; forgotten afterwards."""
    added = []

    def add(name, function):
        liquid.register_filter(name)(function)
        added.append(name)

    yield add
    for name in added:
        del liquid._own_filters[name]
        for environment in liquid._environments.values():
            del environment.filters[name]


def test_a_filter_of_ones_own_is_bounded_and_escaped_like_any_other(filter_of_ones_own):
    filter_of_ones_own("in_bold", lambda value, mark="*": mark_safe(f"<b>{mark}{value}</b>"))  # noqa: S308
    filter_of_ones_own("very_long", lambda value: "x" * 200_000)
    assert liquid.render("{{ v | in_bold: '!' }}", {"v": "a"}) == "<b>!a</b>"
    assert liquid.render("{{ v | in_bold }}", {"v": "a"}, escape=True) == "&lt;b&gt;*a&lt;/b&gt;"
    with pytest.raises(liquid.TemplateError, match="too big"):
        liquid.render("{{ v | very_long }}", {"v": "a"})


def test_what_a_filter_of_ones_own_raises_is_told(filter_of_ones_own):
    def strict(value):
        raise AttributeError("no number of a card")

    filter_of_ones_own("strict", strict)
    with pytest.raises(liquid.TemplateError, match="Line 2: no number of a card"):
        liquid.render("Dear\n{{ v | strict }}", {"v": 7})


@pytest.mark.parametrize("name", ["upcase", "date", "with space", ""])
def test_the_name_of_a_filter_is_free_and_one_word(name):
    with pytest.raises(ValueError):
        liquid.register_filter(name)(len)


@pytest.mark.parametrize("name", ["now", "site", "two words", "lead.more"])
def test_the_name_of_an_object_is_free_and_one_word(name):
    with pytest.raises(ValueError, match="cannot be the name"):
        liquid.register_object(name)(lambda leads: {})
