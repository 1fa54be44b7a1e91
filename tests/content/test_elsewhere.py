"""Forms elsewhere: in frames of other sites, existing HTML forms, pages of wagtail.contrib.forms."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from tests import browsers
from tests.content.conftest import BROWSER, field
from wagtail_automation.admin.roles import create_groups
from wagtail_automation.content import elsewhere
from wagtail_automation.content.models import Form, FormSubmission
from wagtail_automation.leads.models import ConsentRecord, Lead

pytestmark = pytest.mark.django_db
HERE = {"Origin": "http://testserver", "User-Agent": BROWSER}


@pytest.fixture
def newsletter(english):
    """The mapping of a form that stands in the site's own template."""
    return Form.objects.create(
        name="Newsletter",
        locale=english,
        linked_to="#subscribe",
        embed_origins="https://shop.example\nhttp://elsewhere.test:8080/",
        fields=[
            field(
                "email", "Your address", "email", lead_field="email", html_name="your-email", required=True
            ),
            field("text", "First name", "first_name", lead_field="first_name", required=True),
            field("consent", "Letters, please", "letters", subject="email", html_name="ok"),
            field("multiple_choice", "Topics", "topics", choices="Bags\nCans", html_name="t[]"),
            field("number", "Age", "age"),
            field("file", "Photo", "photo", kinds=["picture"]),
            field("hidden", "Origin", "origin", fixed="template"),
            field("utm", "Source", "source", parameter="utm_source"),
        ],
    )


# -- in other web sites ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("https://a.example\n\n https://a.example/ ", ["https://a.example"]),
        ("http://localhost:8000", ["http://localhost:8000"]),
    ],
)
def test_origins(text, found):
    assert elsewhere.clean_origins(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "https://*.example.org",
        "https://a.example/path",
        "a.example",
        "javascript:alert(1)",
        "https://a.example; script-src *",
        "https://a b",
        "https://user@a.example",
        "https://a.example:99999999",
        "\n".join(f"https://a{number}.example" for number in range(21)),
    ],
)
def test_origins_that_are_none(text, newsletter):
    newsletter.embed_origins = text
    with pytest.raises(ValidationError):
        newsletter.clean()


def embed_url(form):
    return reverse("wagtail_automation_content:embed", args=[elsewhere.embed_token(form)])


def test_only_listed_sites_may_frame_a_form(client, site, newsletter, settings):
    response = client.get(embed_url(newsletter))
    policy = response["Content-Security-Policy"]
    assert policy == "frame-ancestors https://shop.example http://elsewhere.test:8080"
    assert "X-Frame-Options" not in response
    assert "Access-Control-Allow-Origin" not in response
    assert not response.cookies
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "EMBED_ORIGINS": ("https://two.example",)}
    assert "https://two.example" in client.get(embed_url(newsletter))["Content-Security-Policy"]
    newsletter.embed_origins = ""
    newsletter.save()
    assert "shop" not in client.get(embed_url(newsletter))["Content-Security-Policy"]
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "EMBED_ORIGINS": ()}
    assert client.get(embed_url(newsletter)).status_code == 404


@pytest.mark.parametrize("token", ["x", "a" * 5000, "{uuid}", "{uuid}:forged", "%00", "é:é"])
def test_forged_snippets(client, site, newsletter, token):
    token = token.replace("{uuid}", newsletter.uuid.hex)
    url = reverse("wagtail_automation_content:embed", args=["TOKEN"]).replace("TOKEN", token)
    assert client.get(url).status_code == 404


def test_a_form_in_a_frame_stays_in_it(client, site, newsletter):
    url = embed_url(newsletter)
    soup = BeautifulSoup(client.get(url).content, "html.parser")
    action = soup.select_one(".wa-form form")["action"]
    data = {one["name"]: one.get("value", "") for one in soup.select(".wa-form input[type=hidden]")}
    wrong = client.post(action, data | {"f-email": "x"}, headers=HERE)
    assert wrong.status_code == 422
    assert wrong["Content-Security-Policy"].startswith("frame-ancestors https://shop.example")
    assert 'name="wa_embed"' in wrong.content.decode()
    good = data | {"f-email": "a@example.com", "f-first_name": "Ann"}
    response = client.post(action, good, headers=HERE)
    assert response.status_code == 303
    assert response.url.startswith(f"{url}?wa_thanks=")
    assert "Thank you" in client.get(response.url).content.decode()
    # another form's token frames nothing
    other = Form.objects.create(name="Other", locale=newsletter.locale, embed_origins="https://evil.example")
    stolen = data | {"wa_embed": elsewhere.embed_token(other), "f-email": "x"}
    assert "Content-Security-Policy" not in client.post(action, stolen, headers=HERE)


def test_the_snippet_in_the_admin(client, site, newsletter):
    create_groups()
    url = reverse("wagtail_automation_form_embed", args=[newsletter.pk])
    edit = reverse("wagtailsnippets_wagtail_automation_content_form:edit", args=[newsletter.pk])
    marketer = User.objects.create_user("mia", password="pw")
    marketer.groups.add(Group.objects.get(name="Marketer"))
    client.force_login(marketer)
    assert url in client.get(edit).content.decode()
    soup = BeautifulSoup(client.get(url).content, "html.parser")
    frame = BeautifulSoup(soup.select_one("#wa-snippet-frame").get_text(), "html.parser").iframe
    assert frame["src"] == f"http://testserver{embed_url(newsletter)}"
    assert Client().get(frame["src"].removeprefix("http://testserver")).status_code == 200
    analyst = User.objects.create_user("ann", password="pw")
    analyst.groups.add(Group.objects.get(name="Analyst"))
    client.force_login(analyst)
    assert client.get(url).status_code == 302


# -- existing HTML forms -----------------------------------------------------------------------------------


@pytest.fixture
def entry(client, site, newsletter):
    """What the script is told."""
    response = client.get(reverse("wagtail_automation_content:linked"))
    assert "public" in response["Cache-Control"]
    assert not response.cookies
    (found,) = response.json()["forms"]
    return found


def tell(client, entry, data, **headers):
    return client.post(entry["url"], {"wa_token": entry["token"], **data}, headers=HERE | headers)


GOOD = {"your-email": "Zoe@Example.com", "first_name": "Zoé", "ok": "1", "t[]": ["Bags", "Cans"]}


def test_what_the_script_is_told(entry):
    assert entry["selector"] == "#subscribe"
    assert entry["names"] == ["your-email", "first_name", "ok", "t[]", "age"]


def test_an_existing_form_makes_a_lead(client, entry, newsletter):
    referer = "http://testserver/page/?utm_source=paper"
    assert tell(client, entry, GOOD | {"age": "x", "is_admin": "1"}, Referer=referer).status_code == 204
    submission = FormSubmission.objects.get()
    assert submission.data == {
        "email": "zoe@example.com",
        "first_name": "Zoé",
        "letters": True,
        "topics": ["Bags", "Cans"],
        "age": None,  # no number: left out, the others are kept
        "photo": None,
        "origin": "template",
        "source": "paper",
    }
    assert submission.lead.email == "zoe@example.com"
    assert ConsentRecord.objects.get(subject="email").text == "Letters, please"
    assert tell(client, entry, GOOD | {"age": "x"}, Referer=referer).status_code == 204
    assert FormSubmission.objects.count() == 1


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"email": "a@example.com"},
        {"your-email": "no address"},
        {"ok": "0"},
        {"t[]": ["<b>"]},
        {"age": "x"},
    ],
)
def test_nothing_usable(client, entry, data):
    assert tell(client, entry, data).status_code == 422
    assert not Lead.objects.exists()


def test_forged_calls(client, entry, newsletter, settings):
    assert tell(client, entry, GOOD, Origin="https://evil.example").status_code == 403
    assert tell(client, {**entry, "token": "x"}, GOOD).status_code == 422
    other = Form.objects.create(name="Other", locale=newsletter.locale)
    url = reverse("wagtail_automation_content:linked_form", args=[other.uuid])
    assert tell(client, {**entry, "url": url}, GOOD).status_code == 404
    assert client.get(entry["url"]).status_code == 405
    assert client.post(entry["url"], {}, headers=HERE, CONTENT_LENGTH="999999999").status_code == 413
    settings.WAGTAIL_AUTOMATION = {
        **settings.WAGTAIL_AUTOMATION,
        "FORM_RATE": (2, 600),
        "FORM_MIN_SECONDS": 0,
    }
    codes = [tell(client, entry, {"your-email": f"a{n}@example.com"}).status_code for n in range(3)]
    assert codes == [204, 204, 429]
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "FORM_MIN_SECONDS": 60}
    assert tell(client, entry, GOOD).status_code == 422


def test_forms_of_other_sites_are_not_told(client, site, newsletter):
    from wagtail.models import Site

    newsletter.site = Site.objects.create(hostname="other.example", root_page=site.root_page)
    newsletter.save()
    assert client.get(reverse("wagtail_automation_content:linked")).json() == {"forms": []}


# -- pages of wagtail.contrib.forms ------------------------------------------------------------------------


def contact_page(site, mapping):
    from tests.contentapp.models import ContactPage

    page = ContactPage(title="Contact", slug="contact", automation_form=mapping)
    site.root_page.add_child(instance=page)
    for label, kind in (("Your email", "email"), ("First name", "singleline"), ("Picture", "singleline")):
        page.form_fields.create(label=label, field_type=kind, required=label != "Picture")
    page.save()
    return page


def test_a_page_of_contrib_forms_is_tracked(client, site, english):
    from wagtail.contrib.forms.models import FormSubmission as TheirSubmission

    mapping = Form.objects.create(
        name="Contact",
        locale=english,
        fields=[
            field("email", "Your email", "your_email", lead_field="email"),
            field("text", "Called", "called", lead_field="first_name", html_name="first_name"),
            field("file", "Picture", "picture", kinds=["picture"]),
        ],
    )
    page = contact_page(site, mapping)
    data = {"your_email": "a@example.com", "first_name": "Ann", "picture": "forged"}
    assert client.post("/contact/", data).status_code == 200
    assert TheirSubmission.objects.count() == 1
    submission = FormSubmission.objects.get()
    assert (submission.lead.email, submission.page_id) == ("a@example.com", page.pk)
    assert submission.data == {"your_email": "a@example.com", "called": "Ann", "picture": None}
    assert client.post("/contact/", {"your_email": "no", "first_name": "x"}).status_code == 200
    assert FormSubmission.objects.count() == 1
    page.automation_form = None
    page.save()
    client.post("/contact/", {"your_email": "b@example.com", "first_name": "Bob"})
    assert (TheirSubmission.objects.count(), FormSubmission.objects.count()) == (2, 1)


# -- in a browser ------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_in_a_browser(chromium_path, site, newsletter, live_server, other_site):
    """The frame of another site, one that is not listed, and an existing form that goes its own way."""
    site.hostname, _colon, port = live_server.url.removeprefix("http://").partition(":")
    site.port = int(port)
    site.save()
    address = live_server.url + embed_url(newsletter)
    script = f"{live_server.url}/static/wagtail_automation/content/embed.js"
    body = f'<h1>Elsewhere</h1><script src="{script}" data-wa-embed="{address}" async></script>'
    own = (
        '<form id="subscribe" method="post" action="/done/"><input name="your-email">'
        '<input name="first_name"><input name="secret" value="x"><button>Go</button></form>'
        f'<script src="/static/wagtail_automation/content/linked.js" defer'
        f' data-list="{reverse("wagtail_automation_content:linked")}"></script>'
    )
    listed, other = other_site(body), other_site(body)
    newsletter.embed_origins = listed
    newsletter.save()
    page = browsers.shared(chromium_path).new_context().new_page()
    page.goto(f"{listed}/?utm_source=fair&other=1")
    frame = page.frame_locator("iframe")
    frame.locator("[name=f-email]").fill("a@example.com")
    frame.locator("[name=f-first_name]").fill("Ann")
    page.wait_for_function("document.querySelector('iframe').height !== '480'")
    frame.locator("button[type=submit]").click()
    frame.locator(".wa-thanks").wait_for()
    assert page.url.startswith(listed)
    assert FormSubmission.objects.get().data["source"] == "fair"
    page.goto(other)
    page.wait_for_timeout(300)
    assert frame.locator("[name=f-email]").count() == 0
    sent = []
    page.on("request", lambda request: request.url.endswith("/linked/") and sent.append(request.post_data))
    page.goto(live_server.url)
    page.set_content(own, wait_until="networkidle")
    page.fill("[name=your-email]", "zoe@example.com")
    with page.expect_request("**/linked/"):
        page.click("button")
    page.wait_for_url("**/done/")
    page.wait_for_timeout(500)
    browsers.close_contexts()
    assert Lead.objects.filter(email="zoe@example.com").count() == 1
    assert "secret" not in "".join(filter(None, sent))


@pytest.fixture
def other_site():
    """``other_site(html)``: the origin of another web server that shows it."""
    servers = []

    def serve(html):
        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *args):
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Page))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for server in servers:
        server.shutdown()
