"""Charts in the admin: Chart.js as shipped with the package, drawn from the table that stands below each."""

from django.forms import Media
from wagtail.admin.staticfiles import versioned_static


def media() -> Media:
    """What a page with a ``wa-chart`` loads (template ``wagtail_automation/chart.html``).

    Chart.js itself is loaded with the first chart: many pages have none until it is asked for.
    """
    return Media(
        js=[versioned_static("wagtail_automation/chart.js")],
        css={"all": [versioned_static("wagtail_automation/chart.css")]},
    )
