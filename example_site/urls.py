"""Addresses of the example site: admin, the package, the mailbox, and the pages in both languages."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("automation/", include("wagtail_automation.urls")),
    path("mailbox/", include("example_site.mailbox.urls")),
    # A demonstration serves its own pictures; a real site leaves that to its web server.
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
]
urlpatterns += i18n_patterns(path("", include(wagtail_urls)), prefix_default_language=False)
