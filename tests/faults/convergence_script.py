"""What people do and what goes wrong between their town halls: one seed, one story."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from fedgov.activitystreams.audience import Visibility
from fedgov.features.people import queries as people_queries
from fedgov.features.people.service import blocks, follows, profiles
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import pinning, polls, publishing, quoting, reacting
from fedgov.features.posts.tables import posts
from fedgov.features.posts.vocabulary import PollDraft, QuotePolicy
from fedgov.kernel.clock import DAY, HOUR, MINUTE, SECOND
from fedgov.kernel.errors import FedgovError
from fedgov.kernel.uris import parse_handle
from fedgov.store.tables import follows as follow_rows
from fedgov.store.transaction import Transaction
from tests.faults.convergence_world import Hall, World

VISIBILITIES: Final = (
    Visibility.PUBLIC,
    Visibility.PUBLIC,
    Visibility.UNLISTED,
    Visibility.FOLLOWERS,
    Visibility.FOLLOWERS,
    Visibility.DIRECT,
    Visibility.ORGANISATION,
)
HARMS: Final = (0, 15, 30, 60)
LULLS: Final = (1, SECOND, 5 * SECOND, MINUTE, 10 * MINUTE, HOUR)


@dataclass(slots=True)
class Person:
    """Somebody who does something now."""

    hall: Hall
    uri: str

    @property
    def name(self) -> str:
        """Short, for the story."""
        return f"{self.uri.rpartition('/')[2]}@{self.hall.domain.partition('.')[0]}"


@dataclass(slots=True)
class Script:
    """The story of one seed.

    Args:
        world: Where it happens.
        quoting: People also quote one another, write articles and take consent back.
        written: The URIs of all posts, in the order in which they were written.
    """

    world: World
    quoting: bool = False
    written: list[str] = field(default_factory=list)
    number: int = 0

    async def play(self, steps: int) -> None:
        """Let so many things happen."""
        for _ in range(20):
            await self.follow()
        await self._rest()
        await self.weather()
        for _ in range(steps):
            self.world.clock.advance(self._chance.choice(LULLS) if self._happens(20) else self._chance.randint(1, 900))
            await self._pick(self._actions if self._happens(50) else WORK if self._happens(80) else FAULTS)()

    @property
    def _chance(self) -> Any:
        return self.world.chance

    @property
    def _actions(self) -> dict[str, int]:
        return ACTIONS | QUOTING if self.quoting else ACTIONS

    def _happens(self, of_a_hundred: int) -> bool:
        return bool(self._chance.randrange(100) < of_a_hundred)

    def _pick(self, table: dict[str, int]) -> Callable[[], Awaitable[None]]:
        (name,) = self._chance.choices(list(table), weights=list(table.values()))
        found: Callable[[], Awaitable[None]] = getattr(self, name)
        return found

    # --- who and what -------------------------------------------------------------------------------------------

    def _somebody(self) -> Person | None:
        awake = [Person(hall, uri) for hall, uri in self.world.people if hall.app is not None]
        return self._chance.choice(awake) if awake else None

    def _other(self, than: Person) -> Person:
        hall, uri = self._chance.choice([each for each in self.world.people if each[1] != than.uri])
        return Person(hall, uri)

    async def _readable(self, who: Person, *, by: str | None = None, kind: str | None = None) -> Any:
        """Choose a post that somebody may read, among the newer ones; None when there is none."""

        def look(tx: Transaction) -> list[Any]:
            rows = post_queries.find_many_by_uri(tx, uris=self.written)
            found = [rows[uri] for uri in self.written if uri in rows]
            return [
                row
                for row in found
                if (by is None or row.author == by)
                and (kind is None or row.type == kind)
                and post_queries.may_read(tx, row=row, viewer=who.uri)
            ]

        rows = await who.hall.ask(look)
        return self._chance.choice(rows[-8:]) if rows else None

    async def _do(self, person: Person, what: str, use_case: Callable[..., Any], /, **values: Any) -> Any:
        try:
            done = await person.hall.instance.write(use_case, **values)
        except FedgovError as error:
            self.world.tell("   refused", person.name, what, error.safe)
            return None
        self.world.tell(person.name, what)
        return done

    def _short(self, uri: str) -> str:
        return f"#{self.written.index(uri)}" if uri in self.written else uri

    # --- what people do -----------------------------------------------------------------------------------------

    async def _rest(self) -> None:
        for hall in self.world.open_halls * 2:
            await self.world.send(hall)
            await self.world.receive(hall)

    async def post(self) -> None:
        """Write something."""
        who = self._somebody()
        if who is not None:
            await self._write(who, self._chance.choice(VISIBILITIES))

    async def poll(self) -> None:
        """Ask something."""
        who = self._somebody()
        if who is None:
            return
        ends = self.world.clock.now() + self._chance.choice((20 * MINUTE, 6 * HOUR, 20 * DAY))
        draft = PollDraft(options=("ja", "nee", "later"), multiple=self._happens(40), ends_at=ends)
        await self._write(who, self._chance.choice(VISIBILITIES[:4]), poll=draft)

    async def _write(self, who: Person, visibility: Visibility, **values: Any) -> None:
        self.number += 1
        named = {}
        if visibility is Visibility.DIRECT or self._happens(25):
            other = self._other(who)
            named = {f"{other.uri.rpartition('/')[2]}@{other.hall.domain}": other.uri}
            if not await who.hall.knows(other.uri):
                return
        text = " ".join([f"bericht {self.number}", *(f"@{handle}" for handle in named)])
        row_id = await self._do(
            who,
            f"writes #{len(self.written)} {visibility} {' '.join(named)} {self._short(values.get('in_reply_to', '-'))}",
            publishing.publish_post,
            author=who.uri,
            text=text,
            visibility=visibility,
            mentioned=named,
            **values,
        )
        if row_id is not None:
            self.written.append(who.hall.instance.site.post(row_id))

    async def reply(self) -> None:
        """Answer something."""
        who = self._somebody()
        about = await self._readable(who) if who is not None else None
        if who is not None and about is not None:
            allowed = {
                "public": VISIBILITIES[:6],
                "unlisted": VISIBILITIES[:6],
                "followers": (Visibility.FOLLOWERS, Visibility.DIRECT),
                "direct": (Visibility.DIRECT,),
                "organisation": (Visibility.ORGANISATION,),
            }[about.visibility]
            await self._write(who, self._chance.choice(allowed), in_reply_to=about.uri)

    async def edit(self) -> None:
        """Change an own post."""
        who = self._somebody()
        own = await self._readable(who, by=who.uri) if who is not None else None
        if who is not None and own is not None:
            self.number += 1
            text = f"anders {self.number}"
            await self._do(
                who, f"edits {self._short(own.uri)}: {text}", publishing.edit_post,
                actor=who.uri, object_id=own.object_id, text=text,
            )  # fmt: skip

    async def delete(self) -> None:
        """Delete an own post."""
        who = self._somebody()
        own = await self._readable(who, by=who.uri) if who is not None else None
        if who is not None and own is not None:
            what = f"deletes {self._short(own.uri)}"
            await self._do(who, what, publishing.delete_post, actor=who.uri, object_id=own.object_id)

    async def _react(self, what: str, use_case: Callable[..., Any], **values: Any) -> None:
        who = self._somebody()
        about = await self._readable(who) if who is not None else None
        if who is not None and about is not None:
            await self._do(
                who, f"{what} {self._short(about.uri)}", use_case, actor=who.uri, object_id=about.object_id, **values
            )

    async def like(self) -> None:
        """Like a post."""
        await self._react("likes", reacting.like)

    async def unlike(self) -> None:
        """Take a like back; whoever has one."""
        await self._react("unlikes", reacting.unlike)

    async def flip(self) -> None:
        """Like, unlike and like again in one go, or share likewise."""
        who = self._somebody()
        about = await self._readable(who) if who is not None else None
        if who is None or about is None:
            return
        there, back = self._chance.choice(((reacting.like, reacting.unlike), (reacting.share, reacting.unshare)))
        for number in range(self._chance.randint(2, 4)):
            step = back if number % 2 else there
            what = f"{step.__name__}s {self._short(about.uri)}"
            await self._do(who, what, step, actor=who.uri, object_id=about.object_id)
            self.world.clock.advance(1)

    async def react(self) -> None:
        """React with an emoji."""
        await self._react("reacts to", reacting.like, emoji=self._chance.choice("🎉🚲"))

    async def unreact(self) -> None:
        """Take a reaction back."""
        await self._react("takes back the reaction to", reacting.unlike, emoji=self._chance.choice("🎉🚲"))

    async def share(self) -> None:
        """Share a post."""
        await self._react("shares", reacting.share)

    async def unshare(self) -> None:
        """Take a share back."""
        await self._react("unshares", reacting.unshare)

    async def pin(self) -> None:
        """Put an own post on top, or take it off."""
        who = self._somebody()
        own = await self._readable(who, by=who.uri) if who is not None else None
        if who is not None and own is not None:
            step = pinning.pin if self._happens(60) else pinning.unpin
            await self._do(
                who, f"{step.__name__}s {self._short(own.uri)}", step, actor=who.uri, object_id=own.object_id
            )

    async def vote(self) -> None:
        """Answer a poll."""
        who = self._somebody()
        about = await self._readable(who, kind="Question") if who is not None else None
        if who is None or about is None:
            return
        poll = (await who.hall.ask(parts.poll_rows, object_ids=[about.object_id]))[about.object_id]
        choices = self._chance.sample(range(3), k=self._chance.randint(1, 3) if poll.multiple else 1)
        what = f"votes {choices} in {self._short(about.uri)}"
        await self._do(who, what, polls.vote, actor=who.uri, object_id=about.object_id, choices=choices)

    async def follow(self) -> None:
        """Follow somebody, who is looked up first."""
        who = self._somebody()
        if who is None:
            return
        other = self._other(who)
        handle = parse_handle(f"@{other.uri.rpartition('/')[2]}@{other.hall.domain}", scheme="http")
        try:
            found = await who.hall.instance.fetch.actor_by_handle(handle)
        except FedgovError as error:
            self.world.tell("   cannot find", other.name, error.safe)
            return
        await self._do(who, f"follows {other.name}", follows.follow, actor=who.uri, target=found)

    async def unfollow(self) -> None:
        """End a follow, or take a request back."""
        await self._end_follow(follows.unfollow, "unfollows", side="follower", other="target")

    async def remove_follower(self) -> None:
        """End that somebody follows."""
        await self._end_follow(follows.remove_follower, "removes follower", side="following", other="follower")

    async def answer_request(self) -> None:
        """Let somebody follow, or not."""
        use_case = follows.accept_request if self._happens(70) else follows.reject_request
        await self._end_follow(use_case, use_case.__name__, side="following", other="follower", state="pending")

    async def _end_follow(
        self, use_case: Callable[..., Any], what: str, *, side: str, other: str, state: str | None = None
    ) -> None:
        who = self._somebody()
        if who is None:
            return
        mine, theirs = ("follower", "following") if side == "follower" else ("following", "follower")
        wanted = select(follow_rows.c[theirs]).where(follow_rows.c[mine] == who.uri)
        if state is not None:
            wanted = wanted.where(follow_rows.c.state == state)
        found = await who.hall.ask(lambda tx: sorted(tx.values(wanted)))
        if found:
            whom = self._chance.choice(found)
            await self._do(who, f"{what} {whom}", use_case, actor=who.uri, **{other: whom})

    async def block(self) -> None:
        """Shut the door on somebody."""
        who = self._somebody()
        if who is not None:
            other = self._other(who)
            if await who.hall.knows(other.uri):
                await self._do(who, f"blocks {other.name}", blocks.block, who=who.uri, whom=other.uri)

    async def unblock(self) -> None:
        """Open the door again."""
        who = self._somebody()
        if who is None:
            return
        mine = who.uri
        shut = await who.hall.ask(
            lambda tx: [uri for _, uri in self.world.people if people_queries.blocks(tx, who=mine, whom=uri)]
        )
        if shut:
            whom = self._chance.choice(shut)
            await self._do(who, f"unblocks {whom}", blocks.unblock, who=mine, whom=whom)

    async def describe(self) -> None:
        """Change an own profile."""
        who = self._somebody()
        if who is not None:
            self.number += 1
            profile = profiles.Profile(
                name=f"Naam {self.number}", approves_followers=self._chance.choice((None, None, True, False))
            )
            await self._do(who, f"is called {profile.name}", profiles.change_profile, actor=who.uri, profile=profile)

    async def rotate(self) -> None:
        """Get new keys."""
        who = self._somebody()
        if who is not None:
            await profiles.rotate_keys(who.hall.instance, actor=who.uri)
            self.world.tell(who.name, "gets new keys")

    async def look(self) -> None:
        """Open a thread, so that its other replies are fetched; or look up a post by its address."""
        who = self._somebody()
        about = await self._readable(who) if who is not None else None
        if who is None or about is None:
            return
        self.world.tell(who.name, "opens", self._short(about.uri))
        await who.hall.running.backfiller.fill(about.uri)

    # --- what they do with what others wrote ----------------------------------------------------------------------

    async def article(self) -> None:
        """Write at length, or with a note in advance."""
        who = self._somebody()
        if who is not None:
            values = {"title": f"Titel {self.number}"} if self._happens(50) else {"summary": f"Over {self.number}"}
            await self._write(who, self._chance.choice(VISIBILITIES[:4]), **values)

    async def quote(self) -> None:
        """Quote a post."""
        who = self._somebody()
        about = await self._readable(who) if who is not None else None
        if who is not None and about is not None:
            policy = self._chance.choice((None, *QuotePolicy))
            await self._write(who, self._chance.choice(VISIBILITIES[:4]), quote=about.uri, quote_policy=policy)

    async def change_who_may_quote(self) -> None:
        """Let others quote an own post, or let them no more."""
        who = self._somebody()
        own = await self._readable(who, by=who.uri) if who is not None else None
        if who is not None and own is not None:
            wanted = self._chance.choice(list(QuotePolicy))
            what = f"lets {wanted} quote {self._short(own.uri)}"
            use_case = publishing.change_quote_policy
            await self._do(who, what, use_case, actor=who.uri, object_id=own.object_id, quote_policy=wanted)

    async def revoke(self) -> None:
        """Take back that somebody may quote."""
        who = self._somebody()
        if who is None:
            return
        quoted, quoting_post = posts.alias(), posts.alias()
        wanted = (
            select(quoted.c.object_id, quoting_post.c.object_id, quoting_post.c.local)
            .join(quoting_post, quoting_post.c.quote_id == quoted.c.object_id)
            .where(quoted.c.author == who.uri, quoting_post.c.author != who.uri)
            .order_by(quoting_post.c.object_id)
        )
        found = await who.hall.ask(lambda tx: [tuple(row) for row in tx.rows(wanted)])
        if found:
            object_id, quoting_id, is_local = self._chance.choice(found[-4:])

            def take_back(tx: Transaction) -> None:
                quoting.revoke(tx, actor=who.uri, object_id=object_id, quoting_id=quoting_id)
                if is_local:
                    publishing.send_update(tx, object_id=quoting_id)

            await self._do(who, "takes back that somebody quotes", take_back)

    # --- work ---------------------------------------------------------------------------------------------------

    def _hall(self) -> Hall | None:
        halls = self.world.open_halls
        return self._chance.choice(halls) if halls else None

    async def send(self) -> None:
        """One sends."""
        hall = self._hall()
        if hall is not None:
            self.world.tell("  ", hall.domain, "sends")
            await self.world.send(hall)

    async def receive(self) -> None:
        """One carries out what came in."""
        hall = self._hall()
        if hall is not None:
            self.world.tell("  ", hall.domain, "reads")
            await self.world.receive(hall)

    async def mend(self) -> None:
        """One compares follows."""
        hall = self._hall()
        if hall is not None:
            await self.world.mend(hall)

    async def count(self) -> None:
        """One counts votes."""
        hall = self._hall()
        if hall is not None:
            await self.world.count(hall)

    async def stragglers(self) -> None:
        """What was held on the way to one arrives."""
        hall = self._hall()
        if hall is not None and hall.highway.held:
            self.world.tell("   late requests reach", hall.domain)
            await hall.highway.let_stragglers_in(self._chance.randint(1, 4), chance=self._chance)

    # --- faults -------------------------------------------------------------------------------------------------

    async def weather(self) -> None:
        """It gets better or worse."""
        self.world.sky.harm = self._chance.choice(HARMS)
        self.world.tell("!! harm", self.world.sky.harm)

    async def part(self) -> None:
        """Two lose sight of one another, or one of the other."""
        one, other = self._chance.sample(sorted(self.world.halls), 2)
        self.world.sky.broken.add((one, other))
        if self._happens(60):
            self.world.sky.broken.add((other, one))
        self.world.tell("!! parted", *sorted(self.world.sky.broken))

    async def reunite(self) -> None:
        """All see one another again."""
        self.world.sky.broken.clear()
        self.world.tell("!! reunited")

    async def kill(self) -> None:
        """One dies, now or in the middle of what comes next."""
        if self.world.sky.dead or self.world.sky.doomed is not None or self.world.sky.met["killed"] >= 2:
            return
        hall = self._hall()
        if hall is None:
            return
        if self._happens(70):
            self.world.sky.doomed = (hall.domain, self._chance.randint(0, 3))
        else:
            self.world.sky.met["killed"] += 1
            self.world.sky.dead.add(hall.domain)
            await self.world.bury_the_dead()

    async def revive(self) -> None:
        """The dead open again."""
        for domain in sorted(self.world.sky.dead):
            await self.world.revive(domain)


ACTIONS: Final = {
    "post": 16, "poll": 4, "reply": 10, "edit": 7, "delete": 5, "like": 7, "unlike": 4, "flip": 3, "react": 3,
    "unreact": 2, "share": 6, "unshare": 4, "pin": 3, "vote": 6, "follow": 8, "unfollow": 4, "remove_follower": 2,
    "answer_request": 4, "block": 2, "unblock": 2, "describe": 3, "rotate": 1, "look": 3,
}  # fmt: skip
QUOTING: Final = {"quote": 12, "article": 4, "change_who_may_quote": 3, "revoke": 4}
WORK: Final = {"send": 10, "receive": 8, "stragglers": 4, "mend": 2, "count": 2}
FAULTS: Final = {"weather": 6, "part": 3, "reunite": 3, "kill": 2, "revive": 6}
