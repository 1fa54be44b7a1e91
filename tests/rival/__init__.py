"""A comparison with `wagtail-personalisation` on the same page: ``make bench SUITES=personalisation``.

One site (``settings``) with one page type (``models``) in three kinds, chosen by WA_RIVAL: ``bare`` Wagtail,
``theirs`` with wagtail-personalisation, ``ours`` with this package. ``measure`` asks one of them in a process
of its own, ``compare`` all three, one after the other. No test needs any of it.
"""
