"""What texts may name: ``{{ club.number }}``, and a filter, ``{{ club.number | card }}``."""

from wagtail_automation import liquid


@liquid.register_object("club")
def club(leads):
    """For all readers at once, in a number of queries that does not grow with them: here in none."""
    return {lead.pk: {"number": f"{lead.pk:08d}", "city": lead.city} for lead in leads}


@liquid.register_filter("card")
def card(value, filler=" "):
    """``00000017`` as ``0000 0017``."""
    text = str(value)
    return str(filler).join(text[place : place + 4] for place in range(0, len(text), 4))
