"""The storm: a campaign that is killed, published, paused, merged and erased in while its people walk.

Four waves, since the campaign has waits: in each the clusters are killed at points of walks and hand-overs,
at shares of the wave's work, and between the kills something else happens. The engine does thousands of
people a second, far too fast for random kills: each waits for a share of the work, then for a failpoint.
"""

import itertools
import time
from dataclasses import dataclass, field

from wagtail_automation.testing.failpoints import SENDING, WALKING

from .harness import CLUSTER, CONNECTION, ENROLLMENT, EVERYTHING, LOG, MESSAGE, WORKER, Site

#: Entries of the log per person in each wave: to the wait; to the pause, or to the question's patience;
#: members to the end, others to the pause; others to the end.
WAVES = (2.0, 2.2, 3.4, 2.4)
HOUR = 3600


@dataclass
class Storm:
    """``kills`` strikes over ``people``, at these points; ``calm``: nothing but kills happens."""

    site: Site
    people: int
    kills: int
    calm: bool = False
    walking: tuple[str, ...] = WALKING
    sending: tuple[str, ...] = SENDING
    #: fewer than four: not to the end
    waves: int = len(WAVES)
    erased: list[int] = field(default_factory=list)
    #: what happened beside, as ``(name, argument, …, result)``
    said: list[tuple] = field(default_factory=list)

    def __post_init__(self):
        hows = (WORKER, CLUSTER, EVERYTHING, CONNECTION) if self.site.url else (WORKER, EVERYTHING)
        # another way to be killed each time a point comes round
        turns = [hows[(n + n // len(hows)) % len(hows)] for n in range(len(hows) * len(hows))]
        self.hows = itertools.cycle(turns)
        # a point at which nobody was found keeps its turn
        self.walks, self.hand_overs = [*self.walking], [*self.sending]
        self.missed = 0  # kills for which nobody was left to be killed: later
        self.numbers = itertools.count(3, 7)  # people who are merged or erased, each once

    def run(self) -> dict:
        """Let people in, blow, let everybody come to the end, judge."""
        entered = self.site.do("people", self.people, seconds=600)["entered"]
        assert 0 < entered < self.people
        self.site.start()
        if self.calm:
            self.do("enroll")
        for number in range(self.waves):
            self.wave(number)
            self.site.move_clock(HOUR)
        if self.waves == len(WAVES):
            self.end()
        self.until_sent()
        self.site.kill()
        return self.site.verdict(self.erased)

    # -- a wave -----------------------------------------------------------------------------------
    def wave(self, number: int) -> None:
        """Kills of walks and what else happens, one after the other at even shares of the wave's work, kills
        of hand-overs among the later ones; then until the engine rests."""
        kills = self.kills * (number + 1) // self.waves - self.kills * number // self.waves
        kills, self.missed = kills + self.missed, 0
        beside = [] if self.calm else BESIDE[number][: 1 + (kills > 8)]
        sending = (max(1, kills // 4) if self.walking else kills) if kills and self.sending else 0
        walking = kills - sending - len(beside)
        deeds = [] if self.calm else [*DEEDS[number]]
        acts = [self.kill_walk] * walking
        for place, act in enumerate([*beside, *deeds]):
            acts.insert(1 + place * 2, lambda act=act: act(self))
        for turn in range(sending):
            acts.insert(len(acts) - 2 * turn, self.kill_sender)
        before = self.site.rows()
        for place, act in enumerate(acts):
            share = before + int(self.people * WAVES[number] * 0.8 * place / (len(acts) + 1))
            self.until_log(share)
            act()
        owed, self.missed = (self.missed, 0) if number == self.waves - 1 else (0, self.missed)
        for _kill in range(owed):
            self.kill_walk()
        self.rest()

    def until_log(self, rows: int) -> None:
        """Until so many entries are written, or nobody is left to write one."""
        site = self.site
        site.until(lambda: f"SELECT ({site.due()}) = 0 OR count(*) >= {rows} FROM {LOG}", bool)

    def rest(self) -> None:
        """Until nobody is due. What is still to be sent goes on while the next wave begins."""
        self.site.until(self.site.due, lambda n: n == 0, what="people who should have moved")

    def kill_walk(self) -> None:
        point, site = self.walks[0], self.site
        if pid := site.hold(point, possible=lambda: site.count(site.due()) > 0):
            self.walks.append(self.walks.pop(0))
            site.strike(pid, point, next(self.hows))
        elif self.sending:
            self.kill_sender()
        else:
            self.missed += 1

    def kill_sender(self) -> None:
        queued = f"SELECT count(*) FROM {MESSAGE} WHERE state = 'queued'"
        point = self.hand_overs[0]
        due = self.site.due  # they may get a message yet
        if pid := self.site.hold(
            point, possible=lambda: self.site.count(queued) + self.site.count(due()) > 0
        ):
            self.hand_overs.append(self.hand_overs.pop(0))
            self.site.strike(pid, point, next(self.hows))
        else:
            self.missed += 1

    def kill_deed(self, point: str, name: str, *arguments) -> None:
        """Somebody who does something is killed, or cut off, while doing it."""
        pid = self.site.hold(point, begin=lambda: self.site.begin(name, *arguments))
        how = CONNECTION if self.site.url and len(self.site.landings) % 2 else WORKER
        self.site.strike(pid, point, how)

    def do(self, name: str, *arguments) -> None:
        self.said.append((name, *arguments, self.site.do(name, *arguments)))

    # -- the end ----------------------------------------------------------------------------------
    def end(self) -> None:
        """Everybody out, every erasure done."""
        site = self.site
        if not self.calm:
            self.do("enroll")
            site.move_clock(HOUR)
        inside = f"SELECT count(*) FROM {ENROLLMENT} WHERE step_id IS NOT NULL"
        site.until(inside, lambda n: n == 0, what="people who should have come to the end")
        erasures = "SELECT count(*) FROM wagtail_automation_leads_erasure"
        site.until(erasures, lambda n: n == 0, what="erasures that should have been done")

    def until_sent(self) -> None:
        left = f"SELECT count(*) FROM {MESSAGE} WHERE state IN ('queued', 'in_hand')"
        self.site.until(left, lambda n: n == 0, what="messages that should have been sent")

    # -- what happens ------------------------------------------------------------------------------
    def kill_entering(self, group: int) -> None:
        self.kill_deed("enter", "enroll", group)

    def kill_settling(self) -> None:
        """People become members while the question waits for it; the walker that wakes them is killed."""
        first = self.people // 2
        pid = self.site.hold(
            "settle", begin=lambda: self.site.begin("join", first, first + self.people // 10)
        )
        self.site.strike(pid, "settle", next(self.hows))

    def kill_moving(self, shape: str) -> None:
        self.kill_deed("move", "publish", shape)

    def kill_merging(self) -> None:
        self.kill_deed("merge", "merge", self._pair())

    def merge(self) -> None:
        self.do("merge", *(self._pair() for _pair in range(10)))

    def _pair(self) -> str:
        return f"{self._number()}:{self._number()}"

    def _number(self) -> int:
        return next(self.numbers) % self.people

    def erase(self) -> None:
        people = [self._number() for _person in range(10)]
        self.erased += people
        self.do("erase", *people)

    def pause(self) -> None:
        """Nobody moves once the chunks in hand are done; then on again."""
        self.do("pause")
        site, last = self.site, -1
        while (rows := site.rows()) != last:
            last = rows
            time.sleep(0.5)
        self.do("resume")

    def jump(self) -> None:
        """An hour back, and forward again a moment later."""
        self.site.move_clock(-HOUR)
        time.sleep(0.5)
        self.site.move_clock(HOUR)

    def beats(self) -> None:
        self.do("beat", 2)

    def double(self) -> None:
        self.said.append(("queue doubled", self.site.double_queue()))

    def lose(self) -> None:
        self.said.append(("queue lost", self.site.lose_queue()))


#: Kills of other things than walks, by wave; the second is for storms of more than thirty kills.
BESIDE = (
    [lambda storm: storm.kill_entering(1)],
    [Storm.kill_settling, Storm.kill_merging],
    [lambda storm: storm.kill_moving("other"), lambda storm: storm.kill_entering(2)],
    [Storm.kill_merging, lambda storm: storm.kill_moving("plain")],
)
#: What else happens, by wave.
DEEDS = (
    [Storm.double, Storm.pause, Storm.beats],
    [lambda storm: storm.do("enroll", 1), Storm.merge, Storm.lose, Storm.jump],
    [
        lambda storm: storm.do("publish", "other"),
        Storm.erase,
        lambda storm: storm.do("enroll", 2),
        Storm.double,
    ],
    [Storm.merge, lambda storm: storm.do("publish", "plain"), Storm.lose, Storm.pause, Storm.erase],
)
