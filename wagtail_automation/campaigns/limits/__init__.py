"""When and how often people may be written to: the site's rules, and a campaign's own."""
