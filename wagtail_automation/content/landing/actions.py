"""Every mutation of landing pages: beginning one, keeping one as a template."""

import json
import uuid

from django.db import transaction
from django.utils.text import slugify
from wagtail.log_actions import log

from .models import LandingTemplate


def with_new_ids(value):
    """A raw stream in which every part has an id of its own: copies are not counted as the original."""
    if isinstance(value, list):
        return [with_new_ids(item) for item in value]
    if isinstance(value, dict):
        made = {key: with_new_ids(item) for key, item in value.items()}
        if "id" in made and "type" in made:
            made["id"] = str(uuid.uuid4())
        return made
    return value


def begin_page(*, page_class, parent, title: str, body: list[dict], palette: str, user):
    """A draft below ``parent`` with these sections (raw), never published by this. Raises ValidationError."""
    slug = _free_slug(parent, title)
    page = page_class(title=title, slug=slug, live=False, owner=user, locale=parent.locale)
    block = page_class._meta.get_field(page_class.landing_body_field).stream_block
    setattr(page, page_class.landing_body_field, block.to_python(with_new_ids(body)))
    if palette and page_class.landing_palette_field:
        setattr(page, page_class.landing_palette_field, palette)
    with transaction.atomic():
        parent.add_child(instance=page)
        page.save_revision(user=user)
        log(instance=page, action="wagtail.create", user=user, content_changed=True)
    return page


def _free_slug(parent, title):
    base = slugify(title)[:50] or "page"
    slug, number = base, 2
    taken = set(parent.get_children().filter(slug__startswith=base).values_list("slug", flat=True))
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def keep_as_template(*, page, name: str, category: str, colour: str, is_published: bool, user):
    """A template with the sections of a page as they are in its latest revision."""
    stream = page._meta.get_field(page.landing_body_field).stream_block
    body = with_new_ids(stream.get_prep_value(getattr(page, page.landing_body_field)))
    block = LandingTemplate._meta.get_field("body").stream_block
    with transaction.atomic():
        made = LandingTemplate.objects.create(
            name=name,
            category=category,
            colour=colour,
            is_published=is_published,
            palette=getattr(page, page.landing_palette_field, "") or "forest",
            body=block.to_python(json.loads(json.dumps(body, default=str))),
        )
        log(instance=made, action="wagtail.create", user=user)
    return made
