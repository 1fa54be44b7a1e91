"""Field types, conditions, steps, progressive questions and files of forms: all judged on the server."""

import io
import zipfile

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests.content.conftest import BROWSER, field
from wagtail_automation.admin.roles import create_groups
from wagtail_automation.content import answers, form_building
from wagtail_automation.content.form_fields import FormFieldsBlock
from wagtail_automation.content.models import Form, FormFile, FormSubmission
from wagtail_automation.leads.models import ConsentConfirmation, ConsentState, Lead

pytestmark = pytest.mark.django_db


def only_if(field, *values, operator="is"):
    return {"only_if": {"field": field, "operator": operator, "values": "\n".join(values)}}


@pytest.fixture
def make_form(english):
    """``make_form([field…], **settings)``: a stored form."""

    def make(fields, **settings):
        return Form.objects.create(name="Test", locale=english, fields=fields, **settings)

    return make


class Sender:
    """Sends a form from its own address, as its page would."""

    def __init__(self, client, form):
        self.client, self.form = client, form
        self.url = reverse("wagtail_automation_content:form", args=[form.uuid])

    def page(self):
        return BeautifulSoup(self.client.get(self.url).content, "html.parser")

    def send(self, **answers):
        """``wa_…``: the form's own fields."""
        token = self.page().select_one("[name=wa_token]")["value"]
        sent = {key if key.startswith("wa_") else f"f-{key}": value for key, value in answers.items()}
        data = {"wa_token": token, **sent}
        headers = {"Origin": "http://testserver", "User-Agent": BROWSER}
        return self.client.post(self.url, data, headers=headers)

    def errors(self, **answers):
        response = self.send(**answers)
        assert response.status_code == 422
        return " ".join(
            one.get_text(" ", strip=True)
            for one in BeautifulSoup(response.content, "html.parser").select(".wa-error, .wa-form-errors")
        )


@pytest.fixture
def sender(client, site):
    return lambda form, who=None: Sender(who or client, form)


# -- types -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "settings", "given", "stored", "shown"),
    [
        ("rating", {"stars": 5}, "4", 4, "4"),
        ("nps", {}, "0", 0, "0"),
        ("nps", {}, "10", 10, "10"),
        ("country", {}, "FR", "FR", "France"),
        ("language", {}, "fr", "fr", "French"),
        ("url", {}, "alder.example/a", "https://alder.example/a", "https://alder.example/a"),
        ("datetime", {}, "2026-03-01T14:30", "2026-03-01T14:30:00Z", "03/01/2026 2:30 p.m."),
    ],
)
def test_types_store_what_they_mean(make_form, sender, kind, settings, given, stored, shown):
    form = make_form([field(kind, "Asked", "asked", required=True, **settings)])
    assert sender(form).send(asked=given).status_code == 303
    submission = FormSubmission.objects.get()
    assert submission.data == {"asked": stored}
    assert answers.display(form, "asked", stored) == shown


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("rating", "6"),
        ("rating", "0"),
        ("nps", "11"),
        ("nps", "-1"),
        ("nps", "x"),
        ("country", "Atlantis"),
        ("language", "<b>"),
        ("url", "javascript:alert(1)"),
        ("url", "x" * 6000),
        ("datetime", "2026-13-40T99:99"),
        ("datetime", "2026-01-01\x00"),
    ],
)
def test_types_refuse_what_they_cannot_mean(make_form, sender, kind, bad):
    form = make_form([field(kind, "Asked", "asked", stars=5)])
    assert sender(form).errors(asked=bad)
    assert not FormSubmission.objects.exists()


def test_a_field_may_have_the_name_of_anything(make_form, sender):
    """Keys are the editor's: none of them hides a part of the form itself."""
    names = ["plan", "mapped", "conditions", "steps", "errors", "is_valid", "data", "left", "blocks"]
    form = make_form([field("text", name, name) for name in names])
    assert sender(form).send(**dict.fromkeys(names, "x")).status_code == 303
    assert FormSubmission.objects.get().data == dict.fromkeys(names, "x")


def test_own_messages(make_form, sender):
    form = make_form(
        [field("text", "Name", "name", required=True, error_message="Tell us <who> you are.")],
        error_text="Nearly there!",
    )
    said = sender(form).errors(name="")
    assert "Tell us <who> you are." in said
    assert "Nearly there!" in said
    assert "required" not in said


def test_a_scale_says_each_number_once(make_form, sender):
    page = sender(make_form([field("rating", "Stars", "stars", stars=3), field("nps", "Nps", "nps")])).page()
    labels = [" ".join(label.get_text().split()) for label in page.select(".wa-scale-one")]
    assert labels == ["1 of 3", "2 of 3", "3 of 3", *map(str, range(11))]
    assert not page.select("label label")


# -- conditions --------------------------------------------------------------------------------------------


@pytest.fixture
def conditional(make_form):
    return make_form(
        [
            field("choice", "Do you garden?", "gardens", choices="Été\nNever"),
            field("text", "What grows?", "grows", required=True, **only_if("gardens", "ete")),
            field("boolean", "Balcony", "balcony"),
            field("text", "Which floor?", "floor", required=True, **only_if("balcony", operator="answered")),
            field("text", "Why not?", "reason", **only_if("grows", operator="empty")),
            field("hidden", "Tag", "tag", fixed="gardener", **only_if("gardens", "Été")),
        ]
    )


def test_a_condition_is_judged_on_the_server(conditional, sender):
    own = sender(conditional)
    assert "This field is required" in own.errors(gardens="Été")
    assert own.send(gardens="Never", grows="forged", floor="forged", reason="No time").status_code == 303
    assert FormSubmission.objects.get().data == {"gardens": "Never", "balcony": False, "reason": "No time"}
    assert own.send(gardens="Été", grows="Leeks", reason="x", balcony="on", floor="3").status_code == 303
    assert FormSubmission.objects.first().data == {
        "gardens": "Été",
        "grows": "Leeks",
        "balcony": True,
        "floor": "3",
        "tag": "gardener",
    }


def test_without_script_the_condition_stands_there_in_words(conditional, sender):
    page = sender(conditional).page()
    words = [one.get_text() for one in page.select(".wa-only-if")]
    assert words[0] == "Only if “Do you garden?” is: ete"
    assert not page.select_one("[name=f-grows]").has_attr("required")
    assert page.select_one("script[src*='content/forms.js']")


@pytest.mark.parametrize(
    ("operator", "values", "answer", "holds"),
    [
        ("is", ("ete",), "ÉTÉ ", True),
        ("is", ("ete",), None, False),
        ("is_not", ("ete",), None, True),
        ("is_not", ("ete",), ["Hiver", "Été"], False),
        ("is", ("yes",), True, True),
        ("is", ("non",), False, True),
        ("is", ("3",), 3, True),
        ("answered", (), 0, True),
        ("empty", (), [], True),
        ("empty", (), False, True),
        ("answered", (), False, False),
    ],
)
def test_what_a_condition_means(operator, values, answer, holds):
    from wagtail_automation.content.form_conditions import Condition

    assert Condition("x", operator, values).holds(answer) is holds


def test_conditions_in_the_editor(db):
    block = FormFieldsBlock()

    def clean(*fields):
        return block.clean(block.to_python(list(fields)))

    cleaned = clean(field("text", "Your name", ""), field("text", "More", "", **only_if("YOUR NAME", "x")))
    assert cleaned[1].value["only_if"]["field"] == "your_name"
    for bad in (
        [field("text", "A", "a", **only_if("b", "x")), field("text", "B", "b")],  # below
        [field("text", "A", "a", **only_if("a", "x"))],  # itself
        [field("text", "A", "a"), field("text", "B", "b", **only_if("a"))],  # no answer
        [field("step", "S", "s"), field("text", "B", "b", **only_if("s", "x"))],  # no question
    ):
        with pytest.raises(ValidationError):
            clean(*bad)


# -- steps -------------------------------------------------------------------------------------------------


def test_all_steps_sent_at_once_are_one_form(make_form, sender):
    form = make_form(
        [
            field("text", "Name", "name"),
            field("step", "Your <garden>", "s1", help_text="Two questions."),
            field("text", "Size", "size"),
            field("step", "Empty", "s2"),
        ]
    )
    page = sender(form).page()
    headings = [one.get_text(" ", strip=True) for one in page.select(".wa-step-heading")]
    assert headings == ["Step 1 of 2"]
    rest = str(page.select_one("template[data-wa-rest]"))  # for the script
    assert "Step 2 of 2" in rest and "Your &lt;garden&gt;" in rest and 'name="f-size"' in rest
    assert sender(form).send(name="A", size="B", s1="forged").status_code == 303
    assert FormSubmission.objects.get().data == {"name": "A", "size": "B"}
    assert [key for key, _label in answers.columns(form)] == ["name", "size"]


@pytest.fixture
def two_steps(make_form):
    return make_form(
        [
            field("text", "Name", "name", required=True),
            field("multiple_choice", "Which?", "which", choices="A\nB\nC"),
            field("step", "Then", "s1"),
            field("email", "Email", "email", required=True, lead_field="email"),
        ]
    )


def step_of(response):
    """``(names asked, carried values)`` of the step that the server shows."""
    form = BeautifulSoup(response.content, "html.parser").select_one(".wa-form form")
    asked = {one["name"] for one in form.select(".wa-step [name]")}
    hidden = form.select("input[type=hidden]")
    carried = sorted((one["name"], one["value"]) for one in hidden if one["name"].startswith("f-"))
    return asked, carried


def test_the_next_step_carries_what_was_answered(two_steps, sender):
    answer = sender(two_steps).send(name="<b>", which=["A", "C"], wa_next="1", wa_step="0")
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    assert step_of(answer) == ({"f-email"}, [("f-name", "<b>"), ("f-which", "A"), ("f-which", "C")])
    assert not FormSubmission.objects.exists() and not Lead.objects.exists()
    early = sender(two_steps).send(name="", wa_next="1", wa_step="0")
    assert early.status_code == 422 and step_of(early)[0] == {"f-name", "f-which"}
    late = sender(two_steps).send(name="", email="a@example.com", wa_step="1")
    assert late.status_code == 422 and "f-name" in step_of(late)[0], "back to where the mistake is"
    back = sender(two_steps).send(name="", email="half", wa_step="1", wa_back="1")
    assert back.status_code == 200 and step_of(back) == ({"f-name", "f-which"}, [("f-email", "half")])
    assert "wa-field--invalid" not in back.content.decode()
    done = sender(two_steps).send(name="Zoé", which=["B"], email="a@example.com", wa_step="1", wa_next="1")
    assert done.status_code == 303, "after the last step there is no next one"
    assert FormSubmission.objects.get().data == {"name": "Zoé", "which": ["B"], "email": "a@example.com"}


@pytest.mark.parametrize("step", ["", "2", "-1", "x", "9" * 50, "٣"])
def test_a_step_that_is_none_is_the_whole_form(two_steps, sender, step):
    answer = sender(two_steps).send(name="A", wa_next="1", wa_step=step)
    assert answer.status_code == 422 and "f-email" in step_of(answer)[0]


def test_the_last_step_is_guarded_as_the_whole_form(two_steps, sender):
    sent = {"name": "A", "email": "a@example.com", "wa_step": "1"}
    for guard in ({"wa_website": "x"}, {"wa_token": "forged"}):
        answer = sender(two_steps).send(**sent, **guard)
        assert answer.status_code == 422 and step_of(answer)[0] == {"f-email"}
    assert not FormSubmission.objects.exists()
    odd = sender(two_steps).send(name="A", wa_next="1", wa_step="0", wa_token="forged")
    assert odd.status_code == 200 and "forged" not in odd.content.decode()


def test_a_file_before_the_last_step_keeps_all_steps_together(make_form, sender):
    form = make_form(
        [
            field("file", "Picture", "photo", kinds=["picture"]),
            field("step", "Then", "s1"),
            field("text", "Name", "name"),
        ]
    )
    page = sender(form).page()
    assert len(page.select(".wa-step")) == 2 and page.select_one("template") is None
    assert page.select_one("[name=wa_step]") is None


# -- progressive questions ---------------------------------------------------------------------------------


@pytest.fixture
def progressive(make_form):
    return make_form(
        [
            field("email", "Email", "email", lead_field="email"),
            field("text", "Company", "company", lead_field="company", only_unknown=True, required=True),
            field("text", "Job", "job", lead_field="job_title", only_unknown=True, required=True),
            field("text", "City", "city", lead_field="city", only_unknown=True, required=True),
        ],
        ask_at_once=1,
    )


@pytest.mark.parametrize("level", ["recognised", "identified"])
def test_progressive_questions_never_tell_what_is_stored(progressive, sender, make_visitor, level):
    who, lead = make_visitor(level, email="a@example.com", company="Secret & Sons")
    url = reverse("wagtail_automation_content:questions", args=[progressive.uuid])
    response = who.get(url)
    assert response.json() == {"ask": ["job"]}
    assert "no-store" in response["Cache-Control"]
    own = sender(progressive, who)
    assert "Secret" not in str(own.page())
    assert "This field is required" in own.errors(job="")
    assert own.send(job="Gardener").status_code == 303
    lead.refresh_from_db()
    assert lead.company == "Secret & Sons"
    # who merely clicked a link changes nothing about the person
    assert lead.job_title == ("Gardener" if level == "identified" else "")


def test_unknown_visitors_are_asked_the_first_questions(progressive, sender, client):
    url = reverse("wagtail_automation_content:questions", args=[progressive.uuid])
    assert client.get(url).json() == {"ask": ["company"]}
    page = sender(progressive).page()
    shown = [
        one["data-wa-progress"] for one in page.select("[data-wa-progress]") if not one.has_attr("hidden")
    ]
    assert shown == ["company"]
    assert sender(progressive).send(email="b@example.com", company="B").status_code == 303
    assert Lead.objects.get(email="b@example.com").company == "B"


def test_on_the_server_the_page_itself_asks_the_right_question(progressive, sender, make_visitor, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PERSONALISE": "server"}
    who, _lead = make_visitor("recognised", email="a@example.com", company="Secret & Sons")
    page = sender(progressive, who).page()
    shown = [
        one["data-wa-progress"] for one in page.select("[data-wa-progress]") if not one.has_attr("hidden")
    ]
    assert shown == ["job"]
    assert "Secret" not in str(page)


# -- double opt-in -----------------------------------------------------------------------------------------


def test_consents_wait_for_the_confirmation_where_the_form_wants_it(make_form, sender, mailoutbox):
    fields = [
        field("email", "Email", "email", lead_field="email"),
        field("consent", "Letters", "letters", subject="email"),
    ]
    form = make_form(fields, confirm_consents=True)
    assert sender(form).send(email="a@example.com", letters="on").status_code == 303
    assert not ConsentState.objects.filter(subject="email", granted=True).exists()
    assert ConsentConfirmation.objects.get().text == "Letters"
    assert sender(make_form(fields)).send(email="b@example.com", letters="on").status_code == 303
    assert ConsentState.objects.filter(subject="email", granted=True).count() == 1


# -- files -------------------------------------------------------------------------------------------------


def picture(kind="PNG"):
    made = io.BytesIO()
    Image.new("RGB", (4, 4), "green").save(made, kind)
    return made.getvalue()


def archive(**members):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/").replace("_DOT_", "."), content)
    return made.getvalue()


DOCX = {"word__document_DOT_xml": "<w/>", "[Content_Types]_DOT_xml": "<t/>"}
ALL = ["picture", "pdf", "office", "text"]


@pytest.fixture
def with_file(make_form):
    return make_form(
        [
            field("email", "Email", "email", lead_field="email"),
            field("file", "Photo", "photo", kinds=ALL, megabytes=1),
        ]
    )


def upload(name, content, kind="application/octet-stream"):
    return SimpleUploadedFile(name, content, kind)


def test_a_file_is_kept_in_private(with_file, sender, settings, django_capture_on_commit_callbacks):
    name = "../../My <b>garden</b>.png"
    own = sender(with_file)
    assert own.page().select_one(".wa-form form")["enctype"] == "multipart/form-data"
    assert own.send(email="a@example.com", photo=upload(name, picture())).status_code == 303
    kept = FormFile.objects.get()
    assert kept.name == "b>.png"
    assert "garden" not in kept.file.name
    assert kept.submission.data["photo"] == kept.name
    assert not kept.file.path.startswith(str(settings.MEDIA_ROOT))
    with kept.file.open() as stored:
        assert stored.read() == picture()
    assert own.send(email="a@example.com", photo=upload("x.jpg", picture("JPEG"))).status_code == 303
    assert FormSubmission.objects.count() == 2
    with django_capture_on_commit_callbacks(execute=True):
        kept.submission.delete()
    assert not kept.file.storage.exists(kept.file.name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"%PDF-1.7 x"),
        ("a.docx", archive(**DOCX)),
        ("a.odt", archive(mimetype="application/vnd.oasis.opendocument.text", content_DOT_xml="<x/>")),
        ("a.txt", "Été".encode()),
        ("a.CSV", b"a;b\n1;2"),
        ("a.webp", picture("WEBP")),
    ],
)
def test_files_that_tell_the_truth(with_file, sender, name, content):
    assert sender(with_file).send(photo=upload(name, content)).status_code == 303
    assert FormFile.objects.get().size == len(content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b"<script>alert(1)</script>"),
        ("a.png", picture("JPEG")),
        ("a.pdf", picture()),
        ("a.pdf", b"<html>%PDF-"),
        ("a.docx", archive(other="x")),
        ("a.docx", b"PK\x03\x04 not a zip"),
        ("a.odt", archive(mimetype="text/html", content_DOT_xml="<x/>")),
        ("a.txt", b"MZ\x00\x00"),
        ("a.txt", b"  <!DOCTYPE html><script>"),
        ("a.html", b"<p>"),
        ("a.svg", b"<svg/>"),
        ("a.exe", b"MZ"),
        ("noname", b"x"),
        ("a.png", b""),
        ("a.txt", b"x" * (1024 * 1024 + 1)),
    ],
)
def test_files_that_lie_are_refused(with_file, sender, name, content):
    said = sender(with_file).errors(email="a@example.com", photo=upload(name, content, "image/png"))
    assert "Files have to be chosen again." in said
    assert not FormFile.objects.exists()
    assert not Lead.objects.exists()


def test_a_body_beyond_all_fields_is_not_even_read(with_file, client):
    url = reverse("wagtail_automation_content:form", args=[with_file.uuid])
    for declared in ("9999999999", "x", "-1"):
        response = client.post(url, {}, headers={"Origin": "http://testserver"}, CONTENT_LENGTH=declared)
        assert response.status_code == 413


def test_what_a_failing_submission_wrote_is_removed(with_file, sender, monkeypatch, tmp_path, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PRIVATE_ROOT": str(tmp_path)}

    def fail(**kwargs):
        raise RuntimeError("no")

    monkeypatch.setattr("wagtail_automation.content.actions.tracking.record_event", fail)
    with pytest.raises(RuntimeError):
        sender(with_file).send(photo=upload("a.png", picture()))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not FormSubmission.objects.exists()


# -- in the admin ------------------------------------------------------------------------------------------


@pytest.fixture
def answered(with_file, sender):
    own = sender(with_file)
    assert own.send(email="a@example.com", photo=upload("a.pdf", b"%PDF-<script>")).status_code == 303
    return FormSubmission.objects.get()


def test_an_answer_its_file_and_its_deletion(client, answered, django_capture_on_commit_callbacks):
    create_groups()
    user = User.objects.create_user("mia", password="pw")
    user.groups.add(Group.objects.get(name="Marketer"))
    client.force_login(user)
    url = reverse("wagtail_automation_answer", args=[answered.pk])
    assert (
        url in client.get(reverse("wagtail_automation_answers_of", args=[answered.form_id])).content.decode()
    )
    html = client.get(url).content.decode()
    file = answered.files.get()
    download = reverse("wagtail_automation_answer_file", args=[answered.pk, file.pk])
    assert download in html
    response = client.get(download)
    assert b"".join(response.streaming_content) == b"%PDF-<script>"
    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"]
    delete = reverse("wagtail_automation_answer_delete", args=[answered.pk])
    assert client.get(delete).status_code == 200
    assert FormSubmission.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(delete).status_code == 302
    assert not FormSubmission.objects.exists()
    assert not file.file.storage.exists(file.file.name)


def test_answers_of_foreign_leads_and_without_rights(client, answered):
    create_groups()
    file = answered.files.get()
    urls = [
        reverse("wagtail_automation_answer", args=[answered.pk]),
        reverse("wagtail_automation_answer_file", args=[answered.pk, file.pk]),
        reverse("wagtail_automation_answer_delete", args=[answered.pk]),
    ]
    seller = User.objects.create_user("sam", password="pw")
    seller.groups.add(Group.objects.get(name="Salesperson"))
    seller.user_permissions.add(
        Permission.objects.get(
            codename="delete_formsubmission", content_type__app_label="wagtail_automation_content"
        )
    )
    answered.lead.owner = User.objects.create_user("other")
    answered.lead.save()
    client.force_login(seller)
    assert [client.get(url).status_code for url in urls] == [404, 404, 404]
    client.force_login(User.objects.create_user("eve", password="pw", is_staff=True))
    assert {client.get(url).status_code for url in urls} == {302}
    answered.lead.owner = seller
    answered.lead.save()
    client.force_login(seller)
    assert client.get(urls[0]).status_code == 200


def test_exports_hold_every_answer(client, answered):
    client.force_login(User.objects.create_superuser("admin", "x@example.com", "pw"))
    url = reverse("wagtail_automation_answers_of", args=[answered.form_id])
    csv = b"".join(client.get(url, {"export": "csv"}).streaming_content).decode()
    assert "a.pdf" in csv
    xlsx = client.get(url, {"export": "xlsx"})
    from openpyxl import load_workbook

    rows = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(xlsx.getvalue())).active.rows]
    assert "a.pdf" in rows[1]


# -- the page type -----------------------------------------------------------------------------------------


def test_a_form_page(client, site, make_form, settings):
    from wagtail_automation.content.models import FormPage

    form = make_form([field("text", "Name", "name")], thank_you_text="<p>Merci!</p>")
    page = FormPage(title="Ask us", slug="ask", introduction="<p>Hello</p>", form=form)
    site.root_page.add_child(instance=page)
    soup = BeautifulSoup(client.get("/ask/").content, "html.parser")
    assert soup.h1.get_text() == "Ask us"
    data = {one["name"]: one.get("value", "") for one in soup.select(".wa-form input")} | {"f-name": "Zoé"}
    response = client.post(
        soup.select_one(".wa-form form")["action"], data, headers={"Origin": "http://testserver"}
    )
    assert response.url.startswith("/ask/?wa_thanks=")
    assert FormSubmission.objects.get().page_id == page.pk
    assert "Merci!" in client.get(response.url).content.decode()
    assert FormPage.can_create_at(site.root_page)
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PAGE_TYPES": False}
    assert not FormPage.can_create_at(site.root_page)


def test_a_form_costs_no_query(make_form, rf, django_assert_num_queries):
    from wagtail_automation.content import rendering

    form = make_form(
        [
            field("text", "A", "a", only_unknown=True, lead_field="city"),
            field("step", "S", "s"),
            field("text", "B", "b", **only_if("a", "x")),
        ]
    )
    form.locale  # noqa: B018  loaded with the form
    with django_assert_num_queries(0):
        rendering.render_form(form, request=rf.get("/"))
    assert form_building.build(form).needs_script
