"""Sphinx configuration: MyST pages, no external resources."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from wagtail_automation import __version__

project = "wagtail-automation"
author = "The wagtail-automation team"
copyright = "2026, the wagtail-automation team"
version = release = __version__
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "examples"]
html_theme = "alabaster"
html_theme_options = {"description": "Marketing automation inside your Wagtail site"}
language = "en"
