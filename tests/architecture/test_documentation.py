"""The documentation says what the code does: settings, commands, catalogue, links between pages."""

import re
from pathlib import Path

from django.core.management import get_commands

from wagtail_automation import conf

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def test_every_setting_is_explained():
    page = (DOCS / "reference" / "settings.md").read_text()
    assert set(re.findall(r"^\| `([A-Z_]+)`", page, re.M)) == set(conf.DEFAULTS)


def test_every_command_named_exists():
    page = (DOCS / "reference" / "commands.md").read_text()
    named = set(re.findall(r"manage\.py (automation_\w+)", page))
    ours = {name for name in get_commands() if name.startswith("automation_")}
    assert ours <= named
    assert named - ours <= {"automation_demo"}, "automation_demo is the example site's"


def test_links_between_pages_lead_somewhere():
    broken = []
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
            if not target.startswith(("http:", "https:", "mailto:")) and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken


def test_the_table_of_contents_is_complete():
    index = (DOCS / "index.md").read_text()
    listed = {line.strip() for line in index.splitlines() if re.fullmatch(r"[a-z_]+/[a-z_]+", line.strip())}
    assert not [name for name in listed if not (DOCS / f"{name}.md").exists()]
    pages = {str(page.relative_to(DOCS))[:-3] for page in DOCS.rglob("*.md")} - {"index"}
    assert pages <= listed, pages - listed


def test_every_system_check_is_explained():
    page = (DOCS / "reference" / "checks.md").read_text()
    used = {
        name
        for file in (ROOT / "wagtail_automation").rglob("*.py")
        for name in re.findall(r'id="wagtail_automation\.((?:\w+\.)?[EW]\d{3})"', file.read_text())
    }
    assert used
    assert set(re.findall(r"^\| `((?:\w+\.)?[EW]\d{3})`", page, re.M)) == used


def test_every_page_about_extending_is_named_in_one_place():
    page = (DOCS / "howto" / "extend.md").read_text()
    for name in (
        "write_a_condition",
        "write_an_activity",
        "write_a_trigger",
        "write_a_flow_step",
        "write_for_texts",
    ):
        assert f"({name}.md)" in page
