"""What this room must look up of a post; the post itself is a row of `fedgov.store.tables.objects`.

Every table hangs on ``posts``, so that deleting a post takes all of it along.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, column

from fedgov.store.counters import Triggers, kept_by
from fedgov.store.tables import metadata


def _post() -> Column[int]:
    return Column("object_id", BigInteger, ForeignKey("posts.object_id", ondelete="CASCADE"), primary_key=True)


posts: Final = Table(
    "posts",
    metadata,
    Column("object_id", BigInteger, ForeignKey("objects.id"), primary_key=True, autoincrement=False),
    Column("author", Text, nullable=False),
    Column("local", Boolean, nullable=False),
    Column("type", String(100), nullable=False),
    Column("visibility", String(12), nullable=False),
    Column("in_reply_to_uri", Text),
    Column("in_reply_to_id", BigInteger),  # row id of that object, once it is known; it may be a Tombstone
    Column("thread_id", BigInteger, nullable=False),  # row id of the first post of the thread, as far as known
    Column("name", Text, nullable=False, server_default=""),
    Column("summary", Text, nullable=False, server_default=""),  # plain text
    Column("content_html", Text, nullable=False, server_default=""),  # sanitised
    Column("source", Text),  # what a person here typed
    Column("source_type", String(40)),
    Column("language", String(35)),
    Column("sensitive", Boolean, nullable=False, server_default="0"),
    Column("quote_uri", Text),
    Column("quote_id", BigInteger),  # row id of that object, when it was known; it may be gone
    Column("quote_state", String(10)),  # pending, accepted, rejected, revoked; None: nobody was asked
    Column("quote_stamp", Text),  # URI of what proves that it was accepted
    Column("quotable", Text),  # who may quote it, as `Quotable.stored` gives it; None: not said
    Column("url", Text),  # page for people at its own place
    Column("emojis", Text, nullable=False, server_default="[]"),  # JSON array of [shortcode, address of the picture]
    Column("backfilled", Boolean, nullable=False, server_default="0"),  # older news, fetched to complete a thread
    Column("published_at", BigInteger, nullable=False),
    Column("edited_at", BigInteger),
    Column("replies", Integer, nullable=False, server_default="0"),
    Column("likes", Integer, nullable=False, server_default="0"),
    Column("shares", Integer, nullable=False, server_default="0"),
    Column("quotes", Integer, nullable=False, server_default="0"),  # accepted ones; kept by the database
    Column("edition", BigInteger, nullable=False, server_default="0"),  # another after each change; see `EDITIONS`
    Index("ix_posts_author", "author", "object_id"),
    Index(
        "ix_posts_quote_id",
        "quote_id",
        "object_id",
        sqlite_where=column("quote_id").is_not(None),
        postgresql_where=column("quote_id").is_not(None),
    ),
    Index(
        "ix_posts_quote_stamp",
        "quote_stamp",
        sqlite_where=column("quote_stamp").is_not(None),
        postgresql_where=column("quote_stamp").is_not(None),
    ),
    Index("ix_posts_thread", "thread_id", "object_id"),
    Index("ix_posts_in_reply_to_uri", "in_reply_to_uri"),
    Index("ix_posts_visibility", "visibility", "local", "object_id"),
)

author_figures: Final = Table(
    "author_figures",
    metadata,
    Column("author", Text, primary_key=True),
    Column("posts", Integer, nullable=False, server_default="0"),
    Column("newest_at", BigInteger),
    sqlite_with_rowid=False,  # as the audience
)
"""How many posts of each author everyone may read, and when the newest of them was published; see `COUNTED`."""

quote_requests: Final = Table(
    "quote_requests",
    metadata,
    _post(),  # that quotes
    Column("quoted_id", BigInteger, nullable=False),  # objects.id
    Column("author", Text, nullable=False),  # URI of the local actor who is asked
    Column("activity_uri", Text),  # of the request; None: it was made here
    Column("at", BigInteger, nullable=False),
    Index("ix_quote_requests_author", "author", "object_id"),
    Index("ix_quote_requests_quoted_id", "quoted_id"),
)
"""Who waits until the author of a post of here looked at how it is quoted."""

attachments: Final = Table(
    "attachments",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("object_id", BigInteger, ForeignKey("posts.object_id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", String(10), nullable=False),  # image, video, audio, document, link
    Column("media_type", String(255)),
    Column("url", Text, nullable=False),  # as it stands in the document
    Column("media_id", BigInteger),  # of a file that was uploaded here
    Column("name", Text, nullable=False, server_default=""),  # of the file
    Column("size", BigInteger),
    Column("has_preview", Boolean, nullable=False, server_default="0"),
    Column("alt", Text, nullable=False, server_default=""),
    Column("width", Integer),
    Column("height", Integer),
    Column("blurhash", String(128)),
    Column("focal_x", Float),
    Column("focal_y", Float),
    Index("ix_attachments_object_id", "object_id", "position"),
)

mentions: Final = Table(
    "mentions",
    metadata,
    _post(),
    Column("actor_uri", Text, primary_key=True),
    Column("name", Text),  # as it was written
    Index("ix_mentions_actor_uri", "actor_uri", "object_id"),
    sqlite_with_rowid=False,  # as the audience
)

hashtags: Final = Table(
    "hashtags",
    metadata,
    _post(),
    Column("tag", String(128), primary_key=True),
    Index("ix_hashtags_tag", "tag", "object_id"),
)

links: Final = Table(
    "links",
    metadata,
    _post(),
    Column("url", Text, primary_key=True),
    Index("ix_links_url", "url", "object_id"),
    sqlite_with_rowid=False,  # as the audience
)
"""Where the text of a post links to."""

reactions: Final = Table(
    "reactions",
    metadata,
    _post(),
    Column("actor", Text, primary_key=True),
    Column("emoji", String(130), primary_key=True),  # empty: a like
    Column("emoji_url", Text),  # picture of a custom emoji
    Column("activity_uri", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_reactions_actor", "actor", "object_id"),
)

shares: Final = Table(
    "shares",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("object_id", BigInteger, ForeignKey("posts.object_id", ondelete="CASCADE"), nullable=False),
    Column("actor", Text, nullable=False),
    Column("visibility", String(12), nullable=False),
    Column("activity_uri", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("uq_shares_object_id_actor", "object_id", "actor", unique=True),
    Index("ix_shares_actor", "actor", "id"),
)

polls: Final = Table(
    "polls",
    metadata,
    _post(),
    Column("multiple", Boolean, nullable=False),
    Column("ends_at", BigInteger),
    Column("closed_at", BigInteger),
    Column("voters_count", Integer),
    Column("tally_due_at", BigInteger),  # when the others must be told the new numbers
    Index("ix_polls_due", "closed_at", "ends_at"),
    Index("ix_polls_tally_due_at", "tally_due_at"),
)

poll_options: Final = Table(
    "poll_options",
    metadata,
    _post(),
    Column("position", Integer, primary_key=True),
    Column("label", Text, nullable=False),
    Column("votes", Integer, nullable=False, server_default="0"),
)

poll_votes: Final = Table(
    "poll_votes",
    metadata,
    _post(),
    Column("actor", Text, primary_key=True),
    Column("slot", Integer, primary_key=True),  # 0 where one answer counts, so that the database keeps it to one
    Column("position", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
)

pins: Final = Table(
    "pins",
    metadata,
    _post(),
    Column("actor", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Index("ix_pins_actor", "actor", "at"),
)

post_edits: Final = Table(
    "post_edits",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("object_id", BigInteger, ForeignKey("posts.object_id", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False),  # when this text was the newest
    Column("name", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("content_html", Text, nullable=False),
    Column("sensitive", Boolean, nullable=False),
    Column("language", String(35)),
    Index("ix_post_edits_object_id", "object_id", "at"),
)

posting_keys: Final = Table(
    "posting_keys",
    metadata,
    Column("author", Text, primary_key=True),  # URI of a local actor
    Column("key_hash", String(64), primary_key=True),  # SHA-256 of what the app calls the attempt
    Column("made_id", BigInteger, nullable=False),  # objects.id, or the row id of a scheduled post
    Column("at", BigInteger, nullable=False),
    Index("ix_posting_keys_at", "at"),
)
"""What was made under which Idempotency-Key, so that trying again makes nothing twice."""

consents_changed: Final = Table(
    "consents_changed",
    metadata,
    Column("author", Text, primary_key=True),  # URI of an actor elsewhere
    Column("after", BigInteger, nullable=False),  # row id of the last post whose marks were brought in step
)
"""Whose older posts must still be marked for the index of words, since they now let them be found, or no longer do."""

scheduled_posts: Final = Table(
    "scheduled_posts",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("author", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("draft", Text, nullable=False),  # JSON of a PostDraft
    Column("refusal", Text, nullable=False, server_default=""),
    Index("ix_scheduled_posts_due_at", "due_at"),
    Index("ix_scheduled_posts_author", "author", "id"),
)

COUNTED: Final[Triggers] = {
    "sqlite": (
        """CREATE TRIGGER IF NOT EXISTS posts_counted_in AFTER INSERT ON posts
        WHEN NEW.visibility IN ('public', 'unlisted')
        BEGIN
          INSERT INTO author_figures (author, posts, newest_at) VALUES (NEW.author, 1, NEW.published_at)
          ON CONFLICT (author) DO UPDATE
          SET posts = posts + 1, newest_at = max(COALESCE(newest_at, 0), excluded.newest_at);
        END""",
        """CREATE TRIGGER IF NOT EXISTS posts_counted_out AFTER DELETE ON posts
        WHEN OLD.visibility IN ('public', 'unlisted')
        BEGIN
          UPDATE author_figures SET posts = posts - 1, newest_at = CASE WHEN newest_at > OLD.published_at THEN newest_at
            ELSE (SELECT max(published_at) FROM posts
              WHERE author = OLD.author AND visibility IN ('public', 'unlisted')) END
          WHERE author = OLD.author;
        END""",
        """CREATE TRIGGER IF NOT EXISTS posts_counted_again AFTER UPDATE OF visibility ON posts
        WHEN (OLD.visibility IN ('public', 'unlisted')) <> (NEW.visibility IN ('public', 'unlisted'))
        BEGIN
          INSERT INTO author_figures (author, posts)
          VALUES (NEW.author, (NEW.visibility IN ('public', 'unlisted')) - (OLD.visibility IN ('public', 'unlisted')))
          ON CONFLICT (author) DO UPDATE SET posts = posts + excluded.posts;
          UPDATE author_figures SET newest_at = (SELECT max(published_at) FROM posts
            WHERE author = NEW.author AND visibility IN ('public', 'unlisted'))
          WHERE author = NEW.author;
        END""",
        """CREATE TRIGGER IF NOT EXISTS quotes_counted_in AFTER INSERT ON posts WHEN NEW.quote_state = 'accepted'
        BEGIN UPDATE posts SET quotes = quotes + 1 WHERE object_id = NEW.quote_id; END""",
        """CREATE TRIGGER IF NOT EXISTS quotes_counted_out AFTER DELETE ON posts WHEN OLD.quote_state = 'accepted'
        BEGIN UPDATE posts SET quotes = quotes - 1 WHERE object_id = OLD.quote_id; END""",
        """CREATE TRIGGER IF NOT EXISTS quotes_counted_again AFTER UPDATE OF quote_state, quote_id ON posts
        BEGIN
          UPDATE posts SET quotes = quotes - 1 WHERE object_id = OLD.quote_id AND OLD.quote_state = 'accepted';
          UPDATE posts SET quotes = quotes + 1 WHERE object_id = NEW.quote_id AND NEW.quote_state = 'accepted';
        END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION posts_count() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE one posts; more integer; newest bigint;
        BEGIN
          IF TG_OP = 'DELETE' THEN one = OLD; more = -1; ELSE one = NEW; more = 1; END IF;
          IF TG_OP = 'UPDATE' AND OLD.visibility IN ('public', 'unlisted') THEN more = -1; END IF;
          INSERT INTO author_figures (author, posts, newest_at)
          VALUES (one.author, more, CASE WHEN more > 0 THEN one.published_at END)
          ON CONFLICT (author) DO UPDATE SET posts = author_figures.posts + excluded.posts,
            newest_at = GREATEST(author_figures.newest_at, excluded.newest_at)
          RETURNING newest_at INTO newest;
          -- A statement of its own: the row is held now, so it sees what others took away meanwhile.
          IF more < 0 AND newest <= one.published_at THEN
            UPDATE author_figures SET newest_at = (SELECT max(published_at) FROM posts
              WHERE author = one.author AND visibility IN ('public', 'unlisted'))
            WHERE author = one.author;
          END IF;
          RETURN NULL;
        END $$""",
        """CREATE OR REPLACE TRIGGER posts_counted_in AFTER INSERT ON posts
        FOR EACH ROW WHEN (NEW.visibility IN ('public', 'unlisted')) EXECUTE FUNCTION posts_count()""",
        """CREATE OR REPLACE TRIGGER posts_counted_out AFTER DELETE ON posts
        FOR EACH ROW WHEN (OLD.visibility IN ('public', 'unlisted')) EXECUTE FUNCTION posts_count()""",
        """CREATE OR REPLACE TRIGGER posts_counted_again AFTER UPDATE OF visibility ON posts FOR EACH ROW
        WHEN ((OLD.visibility IN ('public', 'unlisted')) <> (NEW.visibility IN ('public', 'unlisted')))
        EXECUTE FUNCTION posts_count()""",
        """CREATE OR REPLACE FUNCTION quotes_count() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP <> 'INSERT' AND OLD.quote_state = 'accepted' THEN
            UPDATE posts SET quotes = quotes - 1 WHERE object_id = OLD.quote_id;
          END IF;
          IF TG_OP <> 'DELETE' AND NEW.quote_state = 'accepted' THEN
            UPDATE posts SET quotes = quotes + 1 WHERE object_id = NEW.quote_id;
          END IF;
          RETURN NULL;
        END $$""",
        """CREATE OR REPLACE TRIGGER quotes_counted_in AFTER INSERT ON posts
        FOR EACH ROW WHEN (NEW.quote_state = 'accepted') EXECUTE FUNCTION quotes_count()""",
        """CREATE OR REPLACE TRIGGER quotes_counted_out AFTER DELETE ON posts
        FOR EACH ROW WHEN (OLD.quote_state = 'accepted') EXECUTE FUNCTION quotes_count()""",
        """CREATE OR REPLACE TRIGGER quotes_counted_again AFTER UPDATE OF quote_state, quote_id ON posts
        FOR EACH ROW EXECUTE FUNCTION quotes_count()""",
    ),
}
"""What keeps the figures; the same statements stand in the migration, and a test compares."""

SHOWN: Final = (
    "author", "local", "type", "visibility", "name", "summary", "content_html", "source", "source_type", "language",
    "sensitive", "quote_uri", "quote_id", "quote_state", "quote_stamp", "quotable", "url", "emojis", "backfilled",
    "published_at", "edited_at",
)  # fmt: skip
"""The columns of a post of which a change gives it another edition: all but its figures and its place in a thread."""

EDITIONS: Final[Triggers] = {
    "sqlite": (
        f"""CREATE TRIGGER IF NOT EXISTS posts_edition AFTER UPDATE OF {", ".join(SHOWN)} ON posts
        BEGIN UPDATE posts SET edition = random() WHERE object_id = NEW.object_id; END""",  # noqa: S608 - names of ours
        *(
            f"""CREATE TRIGGER IF NOT EXISTS {table}_edition_{name} AFTER {what} ON {table}
            BEGIN UPDATE posts SET edition = random() WHERE object_id = {row}.object_id; END"""  # noqa: S608 - as above
            for table in ("attachments", "mentions", "hashtags", "polls", "poll_options")
            for name, what, row in (("in", "INSERT", "NEW"), ("again", "UPDATE", "NEW"), ("out", "DELETE", "OLD"))
        ),
        *(
            f"""CREATE TRIGGER IF NOT EXISTS actors_named_{name} AFTER {what} ON actors{when}
            BEGIN
              UPDATE posts SET edition = random()
              WHERE object_id IN (SELECT object_id FROM mentions WHERE actor_uri = {row}.uri);
            END"""  # noqa: S608 - as above
            for name, what, row, when in (
                ("in", "INSERT", "NEW", ""),
                (
                    "again",
                    "UPDATE OF username, host, kind",
                    "NEW",
                    " WHEN NEW.username <> OLD.username OR NEW.host <> OLD.host OR NEW.kind <> OLD.kind",
                ),
                ("out", "DELETE", "OLD", ""),
            )
        ),
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION new_edition() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.edition = (random() * 9007199254740991)::bigint; RETURN NEW; END $$""",
        """CREATE OR REPLACE FUNCTION posts_new_edition() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE changed bigint;
        BEGIN
          IF TG_OP = 'DELETE' THEN changed = OLD.object_id; ELSE changed = NEW.object_id; END IF;
          UPDATE posts SET edition = (random() * 9007199254740991)::bigint WHERE object_id = changed;
          RETURN NULL;
        END $$""",
        """CREATE OR REPLACE FUNCTION posts_new_edition_named() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE named text;
        BEGIN
          IF TG_OP = 'DELETE' THEN named = OLD.uri; ELSE named = NEW.uri; END IF;
          UPDATE posts SET edition = (random() * 9007199254740991)::bigint
          WHERE object_id IN (SELECT object_id FROM mentions WHERE actor_uri = named);
          RETURN NULL;
        END $$""",
        f"""CREATE OR REPLACE TRIGGER posts_edition BEFORE UPDATE OF {", ".join(SHOWN)} ON posts
        FOR EACH ROW EXECUTE FUNCTION new_edition()""",
        *(
            f"""CREATE OR REPLACE TRIGGER {table}_edition AFTER INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION posts_new_edition()"""
            for table in ("attachments", "mentions", "hashtags", "polls", "poll_options")
        ),
        """CREATE OR REPLACE TRIGGER actors_named AFTER INSERT OR DELETE ON actors
        FOR EACH ROW EXECUTE FUNCTION posts_new_edition_named()""",
        """CREATE OR REPLACE TRIGGER actors_named_again AFTER UPDATE OF username, host, kind ON actors FOR EACH ROW
        WHEN (NEW.username <> OLD.username OR NEW.host <> OLD.host OR NEW.kind <> OLD.kind)
        EXECUTE FUNCTION posts_new_edition_named()""",
    ),
}
"""What gives a post another edition: see `fedgov.store.editions`. Who is named in it is part of what it shows."""

kept_by(COUNTED)
kept_by(EDITIONS)
