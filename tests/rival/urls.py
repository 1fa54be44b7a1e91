"""The pages; for ours also the addresses that the installation page names."""

from django.conf import settings
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as admin_urls

urlpatterns = [path("admin/", include(admin_urls))]
if settings.KIND == "ours":
    from wagtail_automation import urls as automation_urls

    urlpatterns += [path("automation/", include(automation_urls))]
urlpatterns += [path("", include(wagtail_urls))]
