"""What the apps share in the Wagtail admin: menu, roles, lead-page panels, read-only lists."""
