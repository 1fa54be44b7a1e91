"""Messaging in the Wagtail admin: registration only."""

from django.contrib.auth.models import Permission
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.snippets.models import register_snippet

from wagtail_automation.admin import menu

from . import admin_views, resending
from . import image_operations as pictures
from .alerting import wagtail_hooks as alerting  # noqa: F401
from .channels import wagtail_hooks as channels  # noqa: F401  (registers itself)
from .delivery import hooks as delivery_hooks  # noqa: F401
from .newsletters import admin_hooks  # noqa: F401
from .viewsets import (
    DirectMessageAdmin,
    EmailTemplateViewSet,
    EmailViewSet,
    MessageAdmin,
    SenderProfileViewSet,
)
from .writing import views as writing_views

email_viewset = EmailViewSet()
register_snippet(email_viewset)
menu.register_viewset_in_menu("content", email_viewset, 100)
template_viewset = EmailTemplateViewSet()
register_snippet(template_viewset)
menu.register_viewset_in_menu("content", template_viewset, 105)
MessageAdmin().register_with_wagtail()
DirectMessageAdmin().register_with_wagtail()


@hooks.register("register_admin_urls")
def admin_urls():
    return [*writing_views.urlpatterns, *admin_views.urlpatterns]


@hooks.register("register_admin_viewset")
def sender_profiles():
    viewset = SenderProfileViewSet()
    menu.register_viewset_in_menu("settings", viewset, 160)
    return viewset


@hooks.register("register_log_actions")
def log_actions(log):
    log.register_action(resending.RESEND_LOG_ACTION, _("Send messages again"), _("Sent messages again"))


@hooks.register("register_image_operations")
def image_operations():
    return [(pictures.NAME, pictures.PlayMark)]


@hooks.register("register_permissions")
def permissions():
    return Permission.objects.filter(
        content_type__app_label="wagtail_automation_messaging", codename="write_mjml"
    )
