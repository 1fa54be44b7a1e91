"""What could be shown as HTML, and what could run in a spreadsheet."""

import pytest

from wagtail_automation.admin.export import neutral
from wagtail_automation.sanitize import clean_html, linkify


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='data:text/html,x'>x</a>",
        "<style>p{}</style>",
        "<iframe src=//x></iframe>",
        "<svg onload=alert(1)>",
    ],
)
def test_nothing_that_runs_survives(html):
    clean = clean_html(html)
    for danger in ("alert", "onerror", "javascript:", "data:", "<style", "<iframe", "<svg"):
        assert danger not in clean


def test_what_is_harmless_stays():
    assert clean_html("<p>Été <strong>x</strong></p>") == "<p>Été <strong>x</strong></p>"


def test_addresses_in_plain_text_become_links_and_markup_stays_text():
    html = linkify("See https://example.com/a?b=1 & <script>\nnext")
    assert 'href="https://example.com/a?b=1"' in html
    assert "<script" not in html and "&lt;script&gt;" in html and "<br>" in html


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1"])
def test_a_cell_is_never_a_formula(text):
    assert neutral(text) == f"'{text}"


def test_other_cells_are_left_alone():
    assert [neutral(value) for value in ("Anna", 5, None, -3)] == ["Anna", 5, None, -3]
