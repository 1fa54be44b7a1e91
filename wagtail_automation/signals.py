"""Signals between the apps, sent inside the transaction that changes the data.

``facts_changed(leads, facts, now)``
    ``leads``: list of lead ids, or a queryset that selects them; ``facts``: frozenset of strings –
    ``event:<name>``, ``field:<name>``, ``list``, ``segment``, ``consent:<subject>``, ``tag``, ``stage``,
    ``score:<group>``, ``interest:<pk>``, ``order``, ``cart``, ``rfm``. Receivers get a ``listeners.Told``.
``events_recorded(events)``
    a list of ``tracking.Event`` just inserted (human ones only). Receivers also get their ``names``, as a
    ``listeners.Told``.
``events_moved(lead, now)``
    events of somebody who was merged into ``lead`` (its id) follow, some time after the merge itself.
``leads_identified(leads, now, source)``
    the set form of ``lead_identified``: ids of leads that became known together (an import).
``consents_recorded(leads, subject, granted, how, now)``
    the set form of a saved ``ConsentRecord``: ids of leads for whom the same fact was written to the ledger.
``fields_changing(change)``
    values of leads are about to be overwritten, and the former ones still stand: a ``leads.history.Change``.
``items_added(ids, now)``
    rows that belong to leads (``sender``: notes, files) were inserted; each has ``uuid`` and ``lead``.
``owners_changed(leads, now, user)``
    ``leads``: list of the ids of leads who have another owner now, or none any more; ``user``: who did it.
``lead_identified(lead, now, source)``, ``lead_merged(source_pk, target, now)``, ``lead_erased(lead_pk, now)``
``experiment_decided(experiment, now)``
    from now on everybody gets ``experiment.winner``.
``pruned(counts, now)``
    what retention deleted just now, ``{name: how many}``.
"""

from django.dispatch import Signal

from .listeners import EVENTS, FACTS


class FactsChanged(Signal):
    def send(self, sender, *, facts, **named):
        return super().send(sender, facts=FACTS.told(facts), **named)


class EventsRecorded(Signal):
    def send(self, sender, *, events, **named):
        names = getattr(events, "names", None) or {event.name for event in events}
        return super().send(sender, events=events, names=EVENTS.told(names), **named)


facts_changed = FactsChanged()
events_recorded = EventsRecorded()
events_moved = Signal()
fields_changing = Signal()
items_added = Signal()
owners_changed = Signal()
lead_identified = Signal()
leads_identified = Signal()
consents_recorded = Signal()
lead_merged = Signal()
lead_erased = Signal()
experiment_decided = Signal()
pruned = Signal()
