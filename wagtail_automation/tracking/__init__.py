"""Visitors, visits, events, links and the edge of the site that records them with consent."""
