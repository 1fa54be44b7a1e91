"""Campaigns: trees of steps that people walk through, and the engine that walks them."""
