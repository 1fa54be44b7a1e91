"""Categories: typed, named once, offered by type, looked after in the settings."""

import pytest
from django.core.exceptions import ValidationError
from django.forms.models import apply_limit_choices_to_to_formfield
from django.urls import reverse

from wagtail_automation.audiences.categories.models import Category, category_field

pytestmark = pytest.mark.django_db
URL = "wagtail_automation_category"


@pytest.fixture
def boss(client, admin_user):
    client.force_login(admin_user)
    return client


def test_a_name_stands_once_in_a_type_whatever_case_and_accents():
    Category.objects.create(type="segment", name="Été  chaud")
    with pytest.raises(ValidationError) as caught:
        Category(type="segment", name="ete CHAUD").full_clean()
    assert "name" in caught.value.message_dict
    Category(type="email", name="ete CHAUD").full_clean()
    with pytest.raises(ValidationError):
        Category(type="nonsense", name="X").full_clean()
    with pytest.raises(ValidationError):
        Category(type="email", name="  ").full_clean()


def test_the_field_is_limited_to_its_type_():
    with pytest.raises(ValueError):
        category_field("nonsense")
    mine = Category.objects.create(type="segment", name="Autumn")
    other = Category.objects.create(type="email", name="Autumn")
    field = category_field("segment")
    field.set_attributes_from_name("category")
    form_field = field.formfield()
    apply_limit_choices_to_to_formfield(form_field)
    assert form_field.clean(str(mine.pk)) == mine
    assert form_field.clean("") is None
    with pytest.raises(ValidationError):
        form_field.clean(str(other.pk))


def test_list_form_and_filter(boss, django_assert_max_num_queries):
    for number in range(8):
        Category.objects.create(type="segment", name=f"Segments {number}", colour="red")
    Category.objects.create(type="email", name="Letters")
    html = boss.get(reverse(f"{URL}:index")).content.decode()
    assert "Segments 7" in html and "Letters" in html and "wa-dot--red" in html
    with django_assert_max_num_queries(25):
        boss.get(reverse(f"{URL}:index"))
    html = boss.get(reverse(f"{URL}:index") + "?type=email").content.decode()
    assert "Letters" in html and "Segments 7" not in html
    assert 'value="stage" selected' in boss.get(reverse(f"{URL}:add") + "?type=stage").content.decode()
    assert boss.get(reverse(f"{URL}:add") + "?type=zzz").status_code == 200
    response = boss.post(
        reverse(f"{URL}:add"), {"type": "stage", "name": "<b>Warm</b>", "colour": "amber", "description": ""}
    )
    assert response.status_code == 302 and Category.objects.get(type="stage").folded == "<b>warm</b>"
    assert "<b>Warm</b>" not in boss.get(reverse(f"{URL}:index")).content.decode()
    again = boss.post(reverse(f"{URL}:add"), {"type": "stage", "name": "<B>warm</b>", "colour": "red"})
    assert "There is one with this name." in again.content.decode()


def test_salespeople_do_not_change_categories(client, django_user_model):
    from django.contrib.auth.models import Group

    user = django_user_model.objects.create_user("sam")
    user.groups.add(Group.objects.get(name="Salesperson"))
    client.force_login(user)
    assert client.get(reverse(f"{URL}:add")).status_code == 302
    user.groups.add(Group.objects.get(name="Marketer"))
    assert client.get(reverse(f"{URL}:add")).status_code == 200


def test_a_category_is_deleted(boss):
    row = Category.objects.create(type="segment", name="Gone soon")
    assert boss.post(reverse(f"{URL}:delete", args=[row.pk])).status_code == 302
    assert not Category.objects.exists()
