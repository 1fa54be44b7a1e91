"""Documents as other tools write them: what is sent of them, and what the text part says."""

import contextlib
import time

import pytest
from django.core.exceptions import ValidationError

from wagtail_automation.messaging import actions
from wagtail_automation.messaging.compiler import compile_email
from wagtail_automation.messaging.models import Email
from wagtail_automation.messaging.writing import checks, html

pytestmark = pytest.mark.django_db

ODD = """<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/x.dtd">
<html xmlns:v="urn:schemas-microsoft-com:vml"><head><title>*|MC:SUBJECT|*</title>
<!--[if mso]><style>* { font-family: Outlooksans !important } </style><![endif]-->
<style type="text/css">
@import url("https://fonts.example/css2?family=Lato:wght@400;700&display=swap");
.button { color: #ffffff; background: #0066cc }
.far { background: url('https://pictures.example/far.png') }
.near { color: #123456; background: url(images/near.png) no-repeat }
@media (max-width: 480px) { .column { width: 100% !important } }
</style></head>
<BODY data-x="a>b" bgcolor="#fafafa" onload="x()">
<!--[if (gte mso 9)|(IE)]><table><tr><td>FOR OUTLOOK<![endif]-->
<table width=600><tr><td class=column>Hello {{ lead.first_name | default: "you" }}, İstanbul
<a href=https://x.example/a?b=1&c=2 class=button>Go</a> <a href="www.shop.example/x">Shop</a>
<span class="near">near</span> <span class="far">far</span>
<span style="background-image: url('https://pictures.example/own.png'); color: red">own</span>
<!--[if !mso]><!--><b>FOR OTHERS</b><!--<![endif]-->
<!-- {{ unsubscribe_url }} -->
<a href="WAY_OUT">Leave</a>
</td></tr></table>
<script>document.write("</body>")</script>
<p>After the script</p>
</BODY></html>
"""


def make(source: str, english, **fields) -> Email:
    return Email(name="Odd", subject="News", preheader="A few words", html=source, locale=english, **fields)


def compiled(source: str, english):
    site = actions.default_site()
    return compile_email(make(source, english), site=site, settings=actions.settings_of(site))


@pytest.mark.parametrize("way_out", ["*|UNSUB|*", "[unsubscribe]", "{{ unsubscribe }}", "%unsubscribe_url%"])
def test_the_way_out_of_another_tool_is_ours_in_both_parts(way_out, brand, english):
    found = compiled(ODD.replace("WAY_OUT", way_out), english)
    assert found.html.count("{{ unsubscribe_url }}") == 1
    assert "Leave ({{ unsubscribe_url }})" in found.text
    assert {url for url, _label in found.links.values()} == {
        "https://x.example/a?b=1&c=2",
        "https://www.shop.example/x",
    }


def test_a_way_out_in_a_comment_is_none(brand, english):
    """The footer then has one."""
    found = compiled(ODD.replace("WAY_OUT", "https://x.example/"), english)
    assert "{{ unsubscribe_url }}" in found.html and brand.postal_address.splitlines()[0] in found.html


def test_styles_stay_without_what_they_load(brand, english):
    found = compiled(ODD, english).html
    for kept in (
        "background: #0066cc",
        "color: #123456",
        "https://pictures.example/far.png",
        "https://pictures.example/own.png",
        "@media (max-width: 480px)",
    ):
        assert kept in found, kept
    for gone in (
        "@import",
        "fonts.example",
        "images/near.png",
        "Outlooksans",
        "FOR OUTLOOK",
        "onload",
        "a>b",
    ):
        assert gone not in found, gone
    for said in ("FOR OTHERS", "After the script", "İstanbul", 'bgcolor="#fafafa"'):
        assert said in found, said


@pytest.mark.parametrize(
    "style",
    [
        "a { background: url(javascript:alert(1)) }",
        "a { background: url( 'data:text/html,x' ) }",
        "a { width: expression(alert(1)) }",
        "@import 'https://evil.example/x.css'; a { color: red }",
        "@import url(https://evil.example/x;y.css) screen; a { color: red }",
        "@im\\70 ort 'https://evil.example/'; a { color: red }",
        "@import/**/'https://evil.example/'; a { color: red }",
        "@import @import 'x' 'https://evil.example/x';",
        "a { -moz-binding: url(https://evil.example/x.xml) }",
        "a { background: url(url(javascript:x)) }",
    ],
)
def test_what_runs_or_loads_never_stays(style, brand, english):
    found = compiled(f"<style>{style}</style><p>Hello</p>", english).html
    for bad in ("javascript:", "data:text", "expression", "@import", "evil.example", "-moz-binding"):
        assert bad not in found.lower(), bad
    assert "Hello" in found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<p>Привет</p>".encode(), "Привет"),
        ("<meta charset=windows-1251><p>Привет</p>".encode("cp1251"), "Привет"),
        ('<meta http-equiv="x" content="text/html; charset=ISO-8859-2"><p>Łódź</p>'.encode("latin2"), "Łódź"),
        ("<p>Élodie – “oui”</p>".encode("cp1252"), "Élodie – “oui”"),
        ("<p>Été</p>".encode("utf-16"), "Été"),
        ("<meta charset=no-such-thing><p>Été</p>".encode("cp1252"), "Été"),
    ],
)
def test_a_file_says_how_it_is_written(content, said):
    assert said in html.decode(content)


def test_a_file_that_is_no_text():
    with pytest.raises(ValidationError):
        html.decode(b"GIF89a\x00\x01")


def test_values_of_another_tool_are_told(brand, english):
    email = make(ODD.replace("Hello", "Hello *|FNAME|* %%lastname%% [[City]]"), english)
    told = [one for one in checks.check_email(email) if "*|FNAME|*" in one.text]
    assert [(one.level, one.field) for one in told] == [("warning", "html")]
    assert "%%lastname%%" in told[0].text and "[[City]]" in told[0].text and "UNSUB" not in told[0].text
    email = make("<p>100 %% sure, a[[0]] and *|not|*</p>", english)
    assert not [one for one in checks.check_email(email) if "another tool" in one.text]


@pytest.mark.parametrize("piece", ["<!--[if mso]>", "<script ", "@import ", "url(", "<body a='", "*|"])
def test_a_bomb_is_read_quickly(piece, brand, english):
    source = f"<style>{piece * 20_000}</style><p>x</p>" + piece * 20_000
    begun = time.process_time()
    with contextlib.suppress(ValidationError):
        compiled(source, english)
    assert time.process_time() - begun < 5
