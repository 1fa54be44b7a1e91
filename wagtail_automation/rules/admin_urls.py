"""Addresses of the rule editor's endpoints, below the Wagtail admin."""

urlpatterns = []
