"""Campaigns as files, between sites: what refers to what is found again by key, address or name."""
