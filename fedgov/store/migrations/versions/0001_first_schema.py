"""The first schema: everything up to the first release."""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

_GUARDS = {
    "sqlite": (
        """CREATE TRIGGER IF NOT EXISTS audit_entries_stay BEFORE DELETE ON audit_entries
        WHEN OLD.number > COALESCE((SELECT anchor_number FROM audit_head), 0)
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
        """CREATE TRIGGER IF NOT EXISTS audit_entries_stay_as_they_are BEFORE UPDATE ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
        """CREATE TRIGGER IF NOT EXISTS audit_head_stays BEFORE DELETE ON audit_head
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
        """CREATE TRIGGER IF NOT EXISTS audit_head_goes_on BEFORE UPDATE ON audit_head
        WHEN NEW.number < OLD.number OR NEW.anchor_number < OLD.anchor_number OR NEW.anchor_number > NEW.number
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$""",
        """CREATE OR REPLACE FUNCTION audit_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF OLD.number > COALESCE((SELECT anchor_number FROM audit_head), 0) THEN
            RAISE EXCEPTION 'the audit log is append-only';
          END IF;
          RETURN OLD;
        END $$""",
        """CREATE OR REPLACE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION audit_refuse_removal()""",
        """CREATE OR REPLACE TRIGGER audit_entries_stay_as_they_are BEFORE UPDATE ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
        """CREATE OR REPLACE TRIGGER audit_entries_stay_together BEFORE TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
        """CREATE OR REPLACE TRIGGER audit_head_stays BEFORE DELETE ON audit_head
        FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
        """CREATE OR REPLACE TRIGGER audit_head_goes_on BEFORE UPDATE ON audit_head FOR EACH ROW
        WHEN (NEW.number < OLD.number OR NEW.anchor_number < OLD.anchor_number OR NEW.anchor_number > NEW.number)
        EXECUTE FUNCTION audit_refuse()""",
    ),
}
_FOLLOWS_COUNTED = {
    "sqlite": (
        """CREATE TRIGGER IF NOT EXISTS follows_counted_in AFTER INSERT ON follows WHEN NEW.state = 'accepted'
        BEGIN
          INSERT INTO follow_figures (actor, followers, following)
          VALUES (NEW.following, 1, 0), (NEW.follower, 0, 1)
          ON CONFLICT (actor) DO UPDATE
          SET followers = followers + excluded.followers, following = following + excluded.following;
        END""",
        """CREATE TRIGGER IF NOT EXISTS follows_counted_out AFTER DELETE ON follows WHEN OLD.state = 'accepted'
        BEGIN
          UPDATE follow_figures SET followers = followers - 1 WHERE actor = OLD.following;
          UPDATE follow_figures SET following = following - 1 WHERE actor = OLD.follower;
        END""",
        """CREATE TRIGGER IF NOT EXISTS follows_counted_again AFTER UPDATE OF state ON follows
        WHEN (OLD.state = 'accepted') <> (NEW.state = 'accepted')
        BEGIN
          INSERT INTO follow_figures (actor, followers, following)
          VALUES (NEW.following, (NEW.state = 'accepted') - (OLD.state = 'accepted'), 0),
            (NEW.follower, 0, (NEW.state = 'accepted') - (OLD.state = 'accepted'))
          ON CONFLICT (actor) DO UPDATE
          SET followers = followers + excluded.followers, following = following + excluded.following;
        END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION follows_count() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE one follows; more integer; who text;
        BEGIN
          IF TG_OP = 'DELETE' THEN one = OLD; more = -1; ELSE one = NEW; more = 1; END IF;
          IF TG_OP = 'UPDATE' AND OLD.state = 'accepted' THEN more = -1; END IF;
          -- Always in one order, so that two who follow each other at a time do not wait for each other.
          FOR who IN SELECT DISTINCT each FROM unnest(ARRAY[one.follower, one.following]) AS each ORDER BY each LOOP
            INSERT INTO follow_figures (actor, followers, following)
            VALUES (who, CASE WHEN who = one.following THEN more ELSE 0 END,
              CASE WHEN who = one.follower THEN more ELSE 0 END)
            ON CONFLICT (actor) DO UPDATE SET followers = follow_figures.followers + excluded.followers,
              following = follow_figures.following + excluded.following;
          END LOOP;
          RETURN NULL;
        END $$""",
        """CREATE OR REPLACE TRIGGER follows_counted_in AFTER INSERT ON follows
        FOR EACH ROW WHEN (NEW.state = 'accepted') EXECUTE FUNCTION follows_count()""",
        """CREATE OR REPLACE TRIGGER follows_counted_out AFTER DELETE ON follows
        FOR EACH ROW WHEN (OLD.state = 'accepted') EXECUTE FUNCTION follows_count()""",
        """CREATE OR REPLACE TRIGGER follows_counted_again AFTER UPDATE OF state ON follows
        FOR EACH ROW WHEN ((OLD.state = 'accepted') <> (NEW.state = 'accepted')) EXECUTE FUNCTION follows_count()""",
    ),
}
_POSTS_COUNTED = {
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


_INDEX = {
    "sqlite": (
        """CREATE VIRTUAL TABLE IF NOT EXISTS post_index USING fts5(
        document, columnsize = 0, tokenize = "ascii tokenchars ':'")""",
        """CREATE VIRTUAL TABLE IF NOT EXISTS people_index USING fts5(
        document, columnsize = 0, tokenize = "ascii tokenchars ':'")""",
    ),
    "postgresql": (
        """CREATE TABLE IF NOT EXISTS post_index (
        rowid BIGINT NOT NULL, document TSVECTOR NOT NULL, CONSTRAINT pk_post_index PRIMARY KEY (rowid))""",
        "CREATE INDEX IF NOT EXISTS ix_post_index_document ON post_index USING gin (document)",
        """CREATE TABLE IF NOT EXISTS people_index (
        rowid BIGINT NOT NULL, document TSVECTOR NOT NULL, CONSTRAINT pk_people_index PRIMARY KEY (rowid))""",
        "CREATE INDEX IF NOT EXISTS ix_people_index_document ON people_index USING gin (document)",
    ),
}
_SHOWN = (
    "author, local, type, visibility, name, summary, content_html, source, source_type, language, sensitive, quote_uri, "
    "quote_id, quote_state, quote_stamp, quotable, url, emojis, backfilled, published_at, edited_at"
)
_ACTORS_EDITIONS = {
    "sqlite": (
        """CREATE TRIGGER IF NOT EXISTS actors_edition AFTER UPDATE ON actors
        BEGIN UPDATE actors SET edition = random() WHERE id = NEW.id; END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION new_edition() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.edition = (random() * 9007199254740991)::bigint; RETURN NEW; END $$""",
        """CREATE OR REPLACE TRIGGER actors_edition BEFORE UPDATE ON actors FOR EACH ROW EXECUTE FUNCTION new_edition()""",
    ),
}
_POSTS_EDITIONS = {
    "sqlite": (
        f"""CREATE TRIGGER IF NOT EXISTS posts_edition AFTER UPDATE OF {_SHOWN} ON posts
        BEGIN UPDATE posts SET edition = random() WHERE object_id = NEW.object_id; END""",
        *(
            f"""CREATE TRIGGER IF NOT EXISTS {table}_edition_{name} AFTER {what} ON {table}
            BEGIN UPDATE posts SET edition = random() WHERE object_id = {row}.object_id; END"""
            for table in ("attachments", "mentions", "hashtags", "polls", "poll_options")
            for name, what, row in (("in", "INSERT", "NEW"), ("again", "UPDATE", "NEW"), ("out", "DELETE", "OLD"))
        ),
        *(
            f"""CREATE TRIGGER IF NOT EXISTS actors_named_{name} AFTER {what} ON actors{when}
            BEGIN
              UPDATE posts SET edition = random()
              WHERE object_id IN (SELECT object_id FROM mentions WHERE actor_uri = {row}.uri);
            END"""
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
        f"""CREATE OR REPLACE TRIGGER posts_edition BEFORE UPDATE OF {_SHOWN} ON posts
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


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table('accounts',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('actor_uri', sa.Text(), nullable=False),
    sa.Column('username', sa.String(length=30), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('administrator', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('language', sa.String(length=8), nullable=True),
    sa.Column('default_audience', sa.String(length=12), server_default='organisation', nullable=False),
    sa.Column('app_audience', sa.String(length=12), server_default='public', nullable=False),
    sa.Column('quote_policy', sa.String(length=10), server_default='public', nullable=False),
    sa.Column('summary_source', sa.Text(), server_default='', nullable=False),
    sa.Column('fields_source', sa.Text(), server_default='[]', nullable=False),
    sa.Column('posts_sensitive', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('posts_language', sa.String(length=8), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('last_seen_at', sa.BigInteger(), nullable=True),
    sa.Column('disabled_at', sa.BigInteger(), nullable=True),
    sa.Column('pending', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('actor_uri', name=op.f('uq_accounts_actor_uri')),
    sa.UniqueConstraint('username', name=op.f('uq_accounts_username'))
    )
    op.create_table('activities',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('uri', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('type', sa.String(length=40), nullable=False),
    sa.Column('object_uri', sa.Text(), nullable=True),
    sa.Column('visibility', sa.String(length=12), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('published_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activities')),
    sa.UniqueConstraint('uri', name=op.f('uq_activities_uri'))
    )
    with op.batch_alter_table('activities', schema=None) as batch_op:
        batch_op.create_index('ix_activities_actor', ['actor', 'visibility', 'id'], unique=False)
        batch_op.create_index('ix_activities_object_uri', ['object_uri'], unique=False)

    op.create_table('actors',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('uri', sa.Text(), nullable=False),
    sa.Column('host', sa.String(length=260), nullable=False),
    sa.Column('local', sa.Boolean(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('username', sa.String(length=128), nullable=False),
    sa.Column('name', sa.Text(), server_default='', nullable=False),
    sa.Column('summary_html', sa.Text(), server_default='', nullable=False),
    sa.Column('function', sa.Text(), server_default='', nullable=False),
    sa.Column('department', sa.Text(), server_default='', nullable=False),
    sa.Column('avatar_url', sa.Text(), nullable=True),
    sa.Column('avatar_alt', sa.Text(), server_default='', nullable=False),
    sa.Column('header_url', sa.Text(), nullable=True),
    sa.Column('header_alt', sa.Text(), server_default='', nullable=False),
    sa.Column('inbox', sa.Text(), nullable=False),
    sa.Column('shared_inbox', sa.Text(), nullable=True),
    sa.Column('followers_uri', sa.Text(), nullable=True),
    sa.Column('featured_uri', sa.Text(), nullable=True),
    sa.Column('approves_followers', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('discoverable', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('indexable', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('lists_followers', sa.Boolean(), server_default='1', nullable=False),
    sa.Column('moved_to', sa.Text(), nullable=True),
    sa.Column('also_known_as', sa.Text(), server_default='[]', nullable=False),
    sa.Column('fields', sa.Text(), server_default='[]', nullable=False),
    sa.Column('emojis', sa.Text(), server_default='[]', nullable=False),
    sa.Column('document', sa.Text(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.Column('fetched_at', sa.BigInteger(), nullable=True),
    sa.Column('disabled_at', sa.BigInteger(), nullable=True),
    sa.Column('deleted_at', sa.BigInteger(), nullable=True),
    sa.Column('edition', sa.BigInteger(), server_default='0', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_actors')),
    sa.UniqueConstraint('uri', name=op.f('uq_actors_uri'))
    )
    with op.batch_alter_table('actors', schema=None) as batch_op:
        batch_op.create_index('ix_actors_handle', ['username', 'host'], unique=False)
        batch_op.create_index('ix_actors_host', ['host'], unique=False)

    op.create_table('attempts',
    sa.Column('subject', sa.String(length=120), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('last_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('subject', name=op.f('pk_attempts'))
    )
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.create_index('ix_attempts_last_at', ['last_at'], unique=False)

    op.create_table('audit_entries',
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('door', sa.String(length=20), nullable=False),
    sa.Column('source', sa.String(length=60), nullable=False),
    sa.Column('target', sa.Text(), nullable=False),
    sa.Column('result', sa.String(length=10), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_audit_entries'))
    )
    with op.batch_alter_table('audit_entries', schema=None) as batch_op:
        batch_op.create_index('ix_audit_entries_kind', ['kind', 'number'], unique=False)
        batch_op.create_index('ix_audit_entries_target', ['target', 'number'], unique=False)
        batch_op.create_index('ix_audit_entries_who', ['who', 'number'], unique=False)

    op.create_table('audit_head',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('anchor_number', sa.BigInteger(), nullable=False),
    sa.Column('anchor_hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_head'))
    )
    for statement in _GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)

    for statement in _INDEX[op.get_bind().dialect.name]:
        op.execute(statement)

    op.create_table('blocks',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('whom', sa.Text(), nullable=False),
    sa.Column('activity_uri', sa.Text(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_blocks')),
    sa.UniqueConstraint('who', 'whom', name=op.f('uq_blocks_who_whom'))
    )
    with op.batch_alter_table('blocks', schema=None) as batch_op:
        batch_op.create_index('ix_blocks_whom', ['whom'], unique=False)

    op.create_table('bookmarks',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bookmarks')),
    sa.UniqueConstraint('object_id', 'owner_id', name=op.f('uq_bookmarks_object_id_owner_id'))
    )
    with op.batch_alter_table('bookmarks', schema=None) as batch_op:
        batch_op.create_index('ix_bookmarks_owner_id', ['owner_id', 'id'], unique=False)

    op.create_table('custom_emojis',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('shortcode', sa.String(length=64), nullable=False),
    sa.Column('category', sa.String(length=64), server_default='', nullable=False),
    sa.Column('token', sa.String(length=32), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('hidden', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custom_emojis')),
    sa.UniqueConstraint('shortcode', name=op.f('uq_custom_emojis_shortcode'))
    )
    op.create_table('domain_rules',
    sa.Column('domain', sa.String(length=260), nullable=False),
    sa.Column('rule', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('created_by', sa.Text(), server_default='', nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('domain', name=op.f('pk_domain_rules')),
    sa.UniqueConstraint('id', name=op.f('uq_domain_rules_id'))
    )
    op.create_table('erasures',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('author', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasures'))
    )
    op.create_table('follow_figures',
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('followers', sa.Integer(), server_default='0', nullable=False),
    sa.Column('following', sa.Integer(), server_default='0', nullable=False),
    sa.PrimaryKeyConstraint('actor', name=op.f('pk_follow_figures')),
    sqlite_with_rowid=False
    )
    op.create_table('follows',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('follower', sa.Text(), nullable=False),
    sa.Column('following', sa.Text(), nullable=False),
    sa.Column('activity_uri', sa.Text(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_follows')),
    sa.UniqueConstraint('follower', 'following', name=op.f('uq_follows_follower_following'))
    )
    with op.batch_alter_table('follows', schema=None) as batch_op:
        batch_op.create_index('ix_follows_follower', ['follower', 'state', 'id'], unique=False)
        batch_op.create_index('ix_follows_following', ['following', 'state', 'id'], unique=False)

    op.create_table('home_entries',
    sa.Column('owner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('entry_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('author_id', sa.BigInteger(), nullable=False),
    sa.Column('shared_by_id', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('owner_id', 'entry_id', name=op.f('pk_home_entries')),
    sa.UniqueConstraint('object_id', 'owner_id', name=op.f('uq_home_entries_object_id_owner_id')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('home_entries', schema=None) as batch_op:
        batch_op.create_index('ix_home_entries_shared_by_id', ['shared_by_id'], unique=False, sqlite_where=sa.text('shared_by_id IS NOT NULL'), postgresql_where=sa.text('shared_by_id IS NOT NULL'))

    op.create_table('inbox_items',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('origin', sa.String(length=280), nullable=False),
    sa.Column('activity_uri', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('type', sa.String(length=100), nullable=False),
    sa.Column('order_key', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('key_id', sa.Text(), nullable=False),
    sa.Column('proven', sa.Boolean(), nullable=False),
    sa.Column('dated', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('next_attempt_at', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('done_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox_items')),
    sa.UniqueConstraint('origin', 'activity_uri', name=op.f('uq_inbox_items_origin_activity_uri'))
    )
    with op.batch_alter_table('inbox_items', schema=None) as batch_op:
        batch_op.create_index('ix_inbox_items_due', ['state', 'id', 'next_attempt_at', 'attempts'], unique=False)
        batch_op.create_index('ix_inbox_items_waiting', ['order_key', 'next_attempt_at'], unique=False,
                              sqlite_where=sa.text("state = 'queued' AND attempts > 0"),
                              postgresql_where=sa.text("state = 'queued' AND attempts > 0"))

    op.create_table('keys',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('key_id', sa.Text(), nullable=False),
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('public', sa.Text(), nullable=False),
    sa.Column('private', sa.Text(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('retired_at', sa.BigInteger(), nullable=True),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.Column('fetched_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_keys')),
    sa.UniqueConstraint('key_id', name=op.f('uq_keys_key_id'))
    )
    with op.batch_alter_table('keys', schema=None) as batch_op:
        batch_op.create_index('ix_keys_owner', ['owner'], unique=False)

    op.create_table('markers',
    sa.Column('owner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('timeline', sa.String(length=20), nullable=False),
    sa.Column('last_read_id', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('owner_id', 'timeline', name=op.f('pk_markers'))
    )
    op.create_table('media',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('token', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('name', sa.Text(), server_default='', nullable=False),
    sa.Column('alt', sa.Text(), server_default='', nullable=False),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('blurhash', sa.String(length=128), nullable=True),
    sa.Column('focal_x', sa.Float(), nullable=True),
    sa.Column('focal_y', sa.Float(), nullable=True),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('has_preview', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('public', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('object_id', sa.BigInteger(), nullable=True),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('deleted_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_media')),
    sa.UniqueConstraint('token', name=op.f('uq_media_token'))
    )
    with op.batch_alter_table('media', schema=None) as batch_op:
        batch_op.create_index('ix_media_deleted_at', ['deleted_at'], unique=False)
        batch_op.create_index('ix_media_object_id', ['object_id', 'position'], unique=False)
        batch_op.create_index('ix_media_owner', ['owner'], unique=False)

    op.create_table('media_copies',
    sa.Column('url_hash', sa.String(length=64), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('media_type', sa.String(length=100), server_default='', nullable=False),
    sa.Column('size', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('has_preview', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('fetched_at', sa.BigInteger(), nullable=False),
    sa.Column('last_used', sa.BigInteger(), nullable=False),
    sa.Column('failed_until', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('url_hash', name=op.f('pk_media_copies'))
    )
    with op.batch_alter_table('media_copies', schema=None) as batch_op:
        batch_op.create_index('ix_media_copies_last_used', ['last_used'], unique=False)

    op.create_table('dismissed_suggestions',
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('whom', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('who', 'whom', name=op.f('pk_dismissed_suggestions'))
    )
    with op.batch_alter_table('dismissed_suggestions', schema=None) as batch_op:
        batch_op.create_index('ix_dismissed_suggestions_whom', ['whom'], unique=False)

    op.create_table('endorsements',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('whom', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_endorsements')),
    sa.UniqueConstraint('who', 'whom', name=op.f('uq_endorsements_who_whom'))
    )
    with op.batch_alter_table('endorsements', schema=None) as batch_op:
        batch_op.create_index('ix_endorsements_whom', ['whom'], unique=False)

    op.create_table('host_blocks',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('host', sa.String(length=260), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_host_blocks')),
    sa.UniqueConstraint('who', 'host', name=op.f('uq_host_blocks_who_host'))
    )
    with op.batch_alter_table('host_blocks', schema=None) as batch_op:
        batch_op.create_index('ix_host_blocks_host', ['host'], unique=False)

    op.create_table('notes',
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('whom', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('who', 'whom', name=op.f('pk_notes'))
    )
    with op.batch_alter_table('notes', schema=None) as batch_op:
        batch_op.create_index('ix_notes_whom', ['whom'], unique=False)

    op.create_table('moves',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('old', sa.Text(), nullable=False),
    sa.Column('new', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_moves'))
    )
    with op.batch_alter_table('moves', schema=None) as batch_op:
        batch_op.create_index('ix_moves_old', ['old', 'at'], unique=False)

    op.create_table('mutes',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('whom', sa.Text(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=True),
    sa.Column('notifications', sa.Boolean(), server_default='1', nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mutes')),
    sa.UniqueConstraint('who', 'whom', name=op.f('uq_mutes_who_whom'))
    )
    with op.batch_alter_table('mutes', schema=None) as batch_op:
        batch_op.create_index('ix_mutes_whom', ['whom'], unique=False)

    op.create_table('notifications',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('actor_id', sa.BigInteger(), nullable=False),
    sa.Column('subject_id', sa.BigInteger(), nullable=False),
    sa.Column('detail', sa.String(length=200), server_default='', nullable=False),
    sa.Column('text', sa.Text(), server_default='', nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('filtered', sa.Boolean(), server_default='0', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications')),
    sa.UniqueConstraint('owner_id', 'kind', 'actor_id', 'subject_id', 'detail', name=op.f('uq_notifications_owner_id_kind_actor_id_subject_id_detail'))
    )
    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.create_index('ix_notifications_actor_id', ['actor_id'], unique=False)
        batch_op.create_index('ix_notifications_owner_id', ['owner_id', 'id'], unique=False)
        batch_op.create_index('ix_notifications_subject_id', ['subject_id', 'kind', 'owner_id', 'id'], unique=False)

    op.create_table('lists',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('replies', sa.String(length=8), nullable=False),
    sa.Column('exclusive', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lists'))
    )
    with op.batch_alter_table('lists', schema=None) as batch_op:
        batch_op.create_index('ix_lists_owner_id', ['owner_id', 'id'], unique=False)

    op.create_table('list_members',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('list_id', sa.BigInteger(), nullable=False),
    sa.Column('member_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['list_id'], ['lists.id'], name=op.f('fk_list_members_list_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_list_members')),
    sa.UniqueConstraint('member_id', 'list_id', name=op.f('uq_list_members_member_id_list_id'))
    )
    with op.batch_alter_table('list_members', schema=None) as batch_op:
        batch_op.create_index('ix_list_members_list_id', ['list_id', 'id'], unique=False)

    op.create_table('list_entries',
    sa.Column('list_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('entry_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('author_id', sa.BigInteger(), nullable=False),
    sa.Column('shared_by_id', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('list_id', 'entry_id', name=op.f('pk_list_entries')),
    sa.UniqueConstraint('object_id', 'list_id', name=op.f('uq_list_entries_object_id_list_id')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('list_entries', schema=None) as batch_op:
        batch_op.create_index('ix_list_entries_shared_by_id', ['shared_by_id'], unique=False, sqlite_where=sa.text('shared_by_id IS NOT NULL'), postgresql_where=sa.text('shared_by_id IS NOT NULL'))

    op.create_table('filters',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('contexts', sa.String(length=60), nullable=False),
    sa.Column('action', sa.String(length=8), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_filters'))
    )
    with op.batch_alter_table('filters', schema=None) as batch_op:
        batch_op.create_index('ix_filters_owner_id', ['owner_id', 'id'], unique=False)

    op.create_table('filter_keywords',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('filter_id', sa.BigInteger(), nullable=False),
    sa.Column('keyword', sa.Text(), nullable=False),
    sa.Column('whole_word', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['filter_id'], ['filters.id'], name=op.f('fk_filter_keywords_filter_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_filter_keywords'))
    )
    with op.batch_alter_table('filter_keywords', schema=None) as batch_op:
        batch_op.create_index('ix_filter_keywords_filter_id', ['filter_id', 'id'], unique=False)

    op.create_table('filter_posts',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('filter_id', sa.BigInteger(), nullable=False),
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['filter_id'], ['filters.id'], name=op.f('fk_filter_posts_filter_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_filter_posts')),
    sa.UniqueConstraint('object_id', 'filter_id', name=op.f('uq_filter_posts_object_id_filter_id'))
    )
    with op.batch_alter_table('filter_posts', schema=None) as batch_op:
        batch_op.create_index('ix_filter_posts_filter_id', ['filter_id', 'id'], unique=False)

    op.create_table('notification_policies',
    sa.Column('owner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('not_following', sa.String(length=6), nullable=False),
    sa.Column('not_followers', sa.String(length=6), nullable=False),
    sa.Column('new_accounts', sa.String(length=6), nullable=False),
    sa.Column('private_mentions', sa.String(length=6), nullable=False),
    sa.Column('limited_accounts', sa.String(length=6), nullable=False),
    sa.PrimaryKeyConstraint('owner_id', name=op.f('pk_notification_policies'))
    )
    op.create_table('notification_requests',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('actor_id', sa.BigInteger(), nullable=False),
    sa.Column('last_object_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_requests')),
    sa.UniqueConstraint('owner_id', 'actor_id', name=op.f('uq_notification_requests_owner_id_actor_id'))
    )
    with op.batch_alter_table('notification_requests', schema=None) as batch_op:
        batch_op.create_index('ix_notification_requests_actor_id', ['actor_id'], unique=False)
        batch_op.create_index('ix_notification_requests_owner_id', ['owner_id', 'id'], unique=False)

    op.create_table('push_keys',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('private', sa.Text(), nullable=False),
    sa.Column('public', sa.String(length=90), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_push_keys'))
    )
    op.create_table('push_subscriptions',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('token_id', sa.BigInteger(), nullable=False),
    sa.Column('token_sealed', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('endpoint', sa.Text(), nullable=False),
    sa.Column('p256dh', sa.String(length=90), nullable=False),
    sa.Column('auth', sa.String(length=30), nullable=False),
    sa.Column('key_id', sa.Integer(), server_default='1', nullable=False),
    sa.Column('standard', sa.Boolean(), nullable=False),
    sa.Column('policy', sa.String(length=8), nullable=False),
    sa.Column('kinds', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_push_subscriptions')),
    sa.UniqueConstraint('token_id', name=op.f('uq_push_subscriptions_token_id'))
    )
    with op.batch_alter_table('push_subscriptions', schema=None) as batch_op:
        batch_op.create_index('ix_push_subscriptions_owner_id', ['owner_id', 'id'], unique=False)

    op.create_table('push_messages',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('subscription_id', sa.BigInteger(), nullable=False),
    sa.Column('notification_id', sa.BigInteger(), nullable=False),
    sa.Column('host', sa.String(length=260), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['subscription_id'], ['push_subscriptions.id'], name=op.f('fk_push_messages_subscription_id_push_subscriptions'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_push_messages'))
    )
    with op.batch_alter_table('push_messages', schema=None) as batch_op:
        batch_op.create_index('ix_push_messages_host', ['host', 'due_at'], unique=False)
        batch_op.create_index('ix_push_messages_subscription_id', ['subscription_id'], unique=False)

    op.create_table('notification_permissions',
    sa.Column('owner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('actor_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('owner_id', 'actor_id', name=op.f('pk_notification_permissions'))
    )
    with op.batch_alter_table('notification_permissions', schema=None) as batch_op:
        batch_op.create_index('ix_notification_permissions_actor_id', ['actor_id'], unique=False)

    op.create_table('muted_threads',
    sa.Column('owner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('thread_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('owner_id', 'thread_id', name=op.f('pk_muted_threads'))
    )
    op.create_table('follow_choices',
    sa.Column('owner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('author_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('notify', sa.Boolean(), nullable=False),
    sa.Column('shares', sa.Boolean(), nullable=False),
    sa.Column('languages', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('owner_id', 'author_id', name=op.f('pk_follow_choices'))
    )
    with op.batch_alter_table('follow_choices', schema=None) as batch_op:
        batch_op.create_index('ix_follow_choices_author_id', ['author_id'], unique=False)

    op.create_table('conversations',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('thread_id', sa.BigInteger(), nullable=False),
    sa.Column('last_object_id', sa.BigInteger(), nullable=False),
    sa.Column('unread', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conversations')),
    sa.UniqueConstraint('owner_id', 'thread_id', name=op.f('uq_conversations_owner_id_thread_id'))
    )
    with op.batch_alter_table('conversations', schema=None) as batch_op:
        batch_op.create_index('ix_conversations_last_object_id', ['last_object_id'], unique=False)
        batch_op.create_index('ix_conversations_owner_id', ['owner_id', 'last_object_id'], unique=False)

    op.create_table('followed_tags',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('tag', sa.String(length=128), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_followed_tags')),
    sa.UniqueConstraint('tag', 'owner_id', name=op.f('uq_followed_tags_tag_owner_id'))
    )
    with op.batch_alter_table('followed_tags', schema=None) as batch_op:
        batch_op.create_index('ix_followed_tags_owner_id', ['owner_id', 'id'], unique=False)

    op.create_table('featured_tags',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('tag', sa.String(length=128), nullable=False),
    sa.Column('name', sa.String(length=128), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_featured_tags')),
    sa.UniqueConstraint('owner_id', 'tag', name=op.f('uq_featured_tags_owner_id_tag'))
    )
    op.create_table('left_news',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('topic', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_left_news'))
    )
    op.create_table('leases',
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('holder', sa.String(length=32), nullable=False),
    sa.Column('fence', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_leases'))
    )
    op.create_table('objects',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('uri', sa.Text(), nullable=False),
    sa.Column('type', sa.String(length=100), nullable=False),
    sa.Column('attributed_to', sa.Text(), nullable=False),
    sa.Column('local', sa.Boolean(), nullable=False),
    sa.Column('visibility', sa.String(length=12), nullable=False),
    sa.Column('document', sa.Text(), nullable=True),
    sa.Column('published_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=True),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('deleted_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_objects')),
    sa.UniqueConstraint('uri', name=op.f('uq_objects_uri'))
    )
    with op.batch_alter_table('objects', schema=None) as batch_op:
        batch_op.create_index('ix_objects_attributed_to', ['attributed_to', 'id'], unique=False)
        batch_op.create_index('ix_objects_deleted_at', ['deleted_at'], unique=False,
                              sqlite_where=sa.text('deleted_at IS NOT NULL'),
                              postgresql_where=sa.text('deleted_at IS NOT NULL'))

    op.create_table('peers',
    sa.Column('host', sa.String(length=260), nullable=False),
    sa.Column('shape', sa.String(length=20), nullable=True),
    sa.Column('shape_learnt_at', sa.BigInteger(), nullable=True),
    sa.Column('strong_count', sa.Integer(), server_default='0', nullable=False),
    sa.Column('pinned_at', sa.BigInteger(), nullable=True),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('software', sa.Text(), nullable=True),
    sa.Column('described_at', sa.BigInteger(), nullable=True),
    sa.Column('implements', sa.Text(), server_default='[]', nullable=False),
    sa.Column('first_seen_at', sa.BigInteger(), nullable=False),
    sa.Column('last_inbound_at', sa.BigInteger(), nullable=True),
    sa.Column('last_success_at', sa.BigInteger(), nullable=True),
    sa.Column('failures', sa.Integer(), server_default='0', nullable=False),
    sa.Column('failing_since', sa.BigInteger(), nullable=True),
    sa.Column('next_attempt_at', sa.BigInteger(), nullable=True),
    sa.Column('parked_at', sa.BigInteger(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('host', name=op.f('pk_peers'))
    )
    with op.batch_alter_table('peers', schema=None) as batch_op:
        batch_op.create_index('ix_peers_next_attempt_at', ['next_attempt_at'], unique=False, sqlite_where=sa.text('next_attempt_at IS NOT NULL'), postgresql_where=sa.text('next_attempt_at IS NOT NULL'))

    op.create_table('announcements',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('content_html', sa.Text(), nullable=False),
    sa.Column('mentions', sa.Text(), server_default='[]', nullable=False),
    sa.Column('hashtags', sa.Text(), server_default='[]', nullable=False),
    sa.Column('posts', sa.Text(), server_default='[]', nullable=False),
    sa.Column('starts_at', sa.BigInteger(), nullable=True),
    sa.Column('ends_at', sa.BigInteger(), nullable=True),
    sa.Column('all_day', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('published_at', sa.BigInteger(), nullable=True),
    sa.Column('announced', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('author', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_announcements'))
    )
    op.create_table('announcement_dismissals',
    sa.Column('announcement_id', sa.BigInteger(), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['announcement_id'], ['announcements.id'], name=op.f('fk_announcement_dismissals_announcement_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('announcement_id', 'owner_id', name=op.f('pk_announcement_dismissals'))
    )
    with op.batch_alter_table('announcement_dismissals', schema=None) as batch_op:
        batch_op.create_index('ix_announcement_dismissals_owner_id', ['owner_id'], unique=False)

    op.create_table('announcement_reactions',
    sa.Column('announcement_id', sa.BigInteger(), nullable=False),
    sa.Column('emoji', sa.String(length=100), nullable=False),
    sa.Column('actor_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['announcement_id'], ['announcements.id'], name=op.f('fk_announcement_reactions_announcement_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('announcement_id', 'emoji', 'actor_id', name=op.f('pk_announcement_reactions'))
    )
    with op.batch_alter_table('announcement_reactions', schema=None) as batch_op:
        batch_op.create_index('ix_announcement_reactions_actor_id', ['actor_id'], unique=False)

    op.create_table('sanctions',
    sa.Column('actor_uri', sa.Text(), nullable=False),
    sa.Column('limited_at', sa.BigInteger(), nullable=True),
    sa.Column('sensitive_at', sa.BigInteger(), nullable=True),
    sa.Column('suspended_at', sa.BigInteger(), nullable=True),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('changed_by', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('actor_uri', name=op.f('pk_sanctions'))
    )
    op.create_table('reports',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('reporter', sa.Text(), nullable=False),
    sa.Column('target', sa.Text(), nullable=False),
    sa.Column('objects', sa.Text(), server_default='[]', nullable=False),
    sa.Column('text', sa.Text(), server_default='', nullable=False),
    sa.Column('category', sa.String(length=10), server_default='other', nullable=False),
    sa.Column('rules', sa.Text(), server_default='[]', nullable=False),
    sa.Column('flag_uri', sa.Text(), nullable=True),
    sa.Column('forwarded', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('outcome', sa.String(length=10), nullable=True),
    sa.Column('decided_by', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('decided_at', sa.BigInteger(), nullable=True),
    sa.Column('assigned_to', sa.Text(), nullable=True),
    sa.Column('updated_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reports'))
    )
    with op.batch_alter_table('reports', schema=None) as batch_op:
        batch_op.create_index('ix_reports_flag_uri', ['flag_uri'], unique=False)
        batch_op.create_index('ix_reports_reporter', ['reporter', 'state'], unique=False)
        batch_op.create_index('ix_reports_state', ['state', 'id'], unique=False)

    op.create_table('trust_mode',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('mode', sa.String(length=10), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('changed_by', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trust_mode'))
    )
    op.create_table('audience',
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('target', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['object_id'], ['objects.id'], name=op.f('fk_audience_object_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('object_id', 'target', name=op.f('pk_audience')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('audience', schema=None) as batch_op:
        batch_op.create_index('ix_audience_target', ['target', 'object_id'], unique=False)

    op.create_table('deliveries',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('activity_id', sa.BigInteger(), nullable=False),
    sa.Column('host', sa.String(length=260), nullable=False),
    sa.Column('inbox', sa.Text(), nullable=False),
    sa.Column('recipients', sa.Text(), server_default='[]', nullable=False),
    sa.Column('order_key', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('next_attempt_at', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('sent_at', sa.BigInteger(), nullable=True),
    sa.Column('confirmed_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['activity_id'], ['activities.id'], name=op.f('fk_deliveries_activity_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deliveries'))
    )
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.create_index('ix_deliveries_activity_id', ['activity_id'], unique=False)
        batch_op.create_index('ix_deliveries_due', ['state', 'host', 'id'], unique=False)
        batch_op.create_index('ix_deliveries_waiting', ['host', 'order_key', 'next_attempt_at'], unique=False,
                              sqlite_where=sa.text("state = 'queued' AND attempts > 0"),
                              postgresql_where=sa.text("state = 'queued' AND attempts > 0"))

    op.create_table('author_figures',
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('posts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('newest_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('author', name=op.f('pk_author_figures')),
    sqlite_with_rowid=False
    )
    op.create_table('posts',
    sa.Column('object_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('local', sa.Boolean(), nullable=False),
    sa.Column('type', sa.String(length=100), nullable=False),
    sa.Column('visibility', sa.String(length=12), nullable=False),
    sa.Column('in_reply_to_uri', sa.Text(), nullable=True),
    sa.Column('in_reply_to_id', sa.BigInteger(), nullable=True),
    sa.Column('thread_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), server_default='', nullable=False),
    sa.Column('summary', sa.Text(), server_default='', nullable=False),
    sa.Column('content_html', sa.Text(), server_default='', nullable=False),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('source_type', sa.String(length=40), nullable=True),
    sa.Column('language', sa.String(length=35), nullable=True),
    sa.Column('sensitive', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('quote_uri', sa.Text(), nullable=True),
    sa.Column('quote_id', sa.BigInteger(), nullable=True),
    sa.Column('quote_state', sa.String(length=10), nullable=True),
    sa.Column('quote_stamp', sa.Text(), nullable=True),
    sa.Column('quotable', sa.Text(), nullable=True),
    sa.Column('url', sa.Text(), nullable=True),
    sa.Column('emojis', sa.Text(), server_default='[]', nullable=False),
    sa.Column('backfilled', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('published_at', sa.BigInteger(), nullable=False),
    sa.Column('edited_at', sa.BigInteger(), nullable=True),
    sa.Column('replies', sa.Integer(), server_default='0', nullable=False),
    sa.Column('likes', sa.Integer(), server_default='0', nullable=False),
    sa.Column('shares', sa.Integer(), server_default='0', nullable=False),
    sa.Column('quotes', sa.Integer(), server_default='0', nullable=False),
    sa.Column('edition', sa.BigInteger(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['object_id'], ['objects.id'], name=op.f('fk_posts_object_id')),
    sa.PrimaryKeyConstraint('object_id', name=op.f('pk_posts'))
    )
    with op.batch_alter_table('posts', schema=None) as batch_op:
        batch_op.create_index('ix_posts_quote_id', ['quote_id', 'object_id'], unique=False, sqlite_where=sa.text('quote_id IS NOT NULL'), postgresql_where=sa.text('quote_id IS NOT NULL'))
        batch_op.create_index('ix_posts_quote_stamp', ['quote_stamp'], unique=False, sqlite_where=sa.text('quote_stamp IS NOT NULL'), postgresql_where=sa.text('quote_stamp IS NOT NULL'))
        batch_op.create_index('ix_posts_author', ['author', 'object_id'], unique=False)
        batch_op.create_index('ix_posts_in_reply_to_uri', ['in_reply_to_uri'], unique=False)
        batch_op.create_index('ix_posts_thread', ['thread_id', 'object_id'], unique=False)
        batch_op.create_index('ix_posts_visibility', ['visibility', 'local', 'object_id'], unique=False)

    op.create_table('profile_links',
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('url', sa.String(length=200), nullable=False),
    sa.Column('confirmed_at', sa.BigInteger(), nullable=True),
    sa.Column('look_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_profile_links_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', 'url', name=op.f('pk_profile_links'))
    )
    with op.batch_alter_table('profile_links', schema=None) as batch_op:
        batch_op.create_index('ix_profile_links_look_at', ['look_at'], unique=False)

    op.create_table('sessions',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('csrf_secret', sa.String(length=100), nullable=False),
    sa.Column('user_agent', sa.String(length=300), server_default='', nullable=False),
    sa.Column('address', sa.String(length=64), server_default='', nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('seen_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_sessions_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_sessions')),
    sa.UniqueConstraint('id', name=op.f('uq_sessions_id'))
    )
    with op.batch_alter_table('sessions', schema=None) as batch_op:
        batch_op.create_index('ix_sessions_account_id', ['account_id'], unique=False)
        batch_op.create_index('ix_sessions_expires_at', ['expires_at'], unique=False)

    op.create_table('apps',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('website', sa.Text(), nullable=True),
    sa.Column('redirect_uris', sa.Text(), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_apps')),
    sa.UniqueConstraint('client_id', name=op.f('uq_apps_client_id'))
    )
    with op.batch_alter_table('apps', schema=None) as batch_op:
        batch_op.create_index('ix_apps_created_at', ['created_at'], unique=False)

    op.create_table('codes',
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('app_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=False),
    sa.Column('redirect_uri', sa.Text(), nullable=False),
    sa.Column('code_challenge', sa.String(length=43), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('token_id', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_codes_account_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['app_id'], ['apps.id'], name=op.f('fk_codes_app_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_codes'))
    )
    with op.batch_alter_table('codes', schema=None) as batch_op:
        batch_op.create_index('ix_codes_account_id', ['account_id'], unique=False)
        batch_op.create_index('ix_codes_app_id', ['app_id'], unique=False)
        batch_op.create_index('ix_codes_expires_at', ['expires_at'], unique=False)

    op.create_table('tokens',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('app_id', sa.BigInteger(), nullable=True),
    sa.Column('account_id', sa.BigInteger(), nullable=True),
    sa.Column('scopes', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('last_used_at', sa.BigInteger(), nullable=True),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_tokens_account_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['app_id'], ['apps.id'], name=op.f('fk_tokens_app_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tokens')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_tokens_token_hash'))
    )
    with op.batch_alter_table('tokens', schema=None) as batch_op:
        batch_op.create_index('ix_tokens_account_id', ['account_id'], unique=False)
        batch_op.create_index('ix_tokens_app_id', ['app_id'], unique=False)

    op.create_table('attachments',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('media_type', sa.String(length=255), nullable=True),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('media_id', sa.BigInteger(), nullable=True),
    sa.Column('name', sa.Text(), server_default='', nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=True),
    sa.Column('has_preview', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('alt', sa.Text(), server_default='', nullable=False),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('blurhash', sa.String(length=128), nullable=True),
    sa.Column('focal_x', sa.Float(), nullable=True),
    sa.Column('focal_y', sa.Float(), nullable=True),
    sa.ForeignKeyConstraint(['object_id'], ['posts.object_id'], name=op.f('fk_attachments_object_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachments'))
    )
    with op.batch_alter_table('attachments', schema=None) as batch_op:
        batch_op.create_index('ix_attachments_object_id', ['object_id', 'position'], unique=False)

    op.create_table('hashtags',
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('tag', sa.String(length=128), nullable=False),
    sa.ForeignKeyConstraint(['object_id'], ['posts.object_id'], name=op.f('fk_hashtags_object_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('object_id', 'tag', name=op.f('pk_hashtags'))
    )
    with op.batch_alter_table('hashtags', schema=None) as batch_op:
        batch_op.create_index('ix_hashtags_tag', ['tag', 'object_id'], unique=False)

    op.create_table('links',
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['object_id'], ['posts.object_id'], name=op.f('fk_links_object_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('object_id', 'url', name=op.f('pk_links')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('links', schema=None) as batch_op:
        batch_op.create_index('ix_links_url', ['url', 'object_id'], unique=False)

    op.create_table('mentions',
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('actor_uri', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['object_id'], ['posts.object_id'], name=op.f('fk_mentions_object_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('object_id', 'actor_uri', name=op.f('pk_mentions')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('mentions', schema=None) as batch_op:
        batch_op.create_index('ix_mentions_actor_uri', ['actor_uri', 'object_id'], unique=False)

    op.create_table('pins',
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['object_id'], ['posts.object_id'], name=op.f('fk_pins_object_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('object_id', 'actor', name=op.f('pk_pins'))
    )
    with op.batch_alter_table('pins', schema=None) as batch_op:
        batch_op.create_index('ix_pins_actor', ['actor', 'at'], unique=False)

    op.create_table('poll_options',
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('votes', sa.Integer(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['object_id'], ['posts.object_id'], name=op.f('fk_poll_options_object_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('object_id', 'position', name=op.f('pk_poll_options'))
    )
    op.create_table('poll_votes',
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('slot', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['object_id'], ['posts.object_id'], name=op.f('fk_poll_votes_object_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('object_id', 'actor', 'slot', name=op.f('pk_poll_votes'))
    )
    op.create_table('polls',
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('multiple', sa.Boolean(), nullable=False),
    sa.Column('ends_at', sa.BigInteger(), nullable=True),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.Column('voters_count', sa.Integer(), nullable=True),
    sa.Column('tally_due_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['object_id'], ['posts.object_id'], name=op.f('fk_polls_object_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('object_id', name=op.f('pk_polls'))
    )
    with op.batch_alter_table('polls', schema=None) as batch_op:
        batch_op.create_index('ix_polls_due', ['closed_at', 'ends_at'], unique=False)
        batch_op.create_index('ix_polls_tally_due_at', ['tally_due_at'], unique=False)

    op.create_table('post_edits',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('content_html', sa.Text(), nullable=False),
    sa.Column('sensitive', sa.Boolean(), nullable=False),
    sa.Column('language', sa.String(length=35), nullable=True),
    sa.ForeignKeyConstraint(['object_id'], ['posts.object_id'], name=op.f('fk_post_edits_object_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post_edits'))
    )
    with op.batch_alter_table('post_edits', schema=None) as batch_op:
        batch_op.create_index('ix_post_edits_object_id', ['object_id', 'at'], unique=False)

    op.create_table('quote_requests',
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('quoted_id', sa.BigInteger(), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('activity_uri', sa.Text(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['object_id'], ['posts.object_id'], name=op.f('fk_quote_requests_object_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('object_id', name=op.f('pk_quote_requests'))
    )
    with op.batch_alter_table('quote_requests', schema=None) as batch_op:
        batch_op.create_index('ix_quote_requests_author', ['author', 'object_id'], unique=False)
        batch_op.create_index('ix_quote_requests_quoted_id', ['quoted_id'], unique=False)

    op.create_table('reactions',
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('emoji', sa.String(length=130), nullable=False),
    sa.Column('emoji_url', sa.Text(), nullable=True),
    sa.Column('activity_uri', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['object_id'], ['posts.object_id'], name=op.f('fk_reactions_object_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('object_id', 'actor', 'emoji', name=op.f('pk_reactions'))
    )
    with op.batch_alter_table('reactions', schema=None) as batch_op:
        batch_op.create_index('ix_reactions_actor', ['actor', 'object_id'], unique=False)

    op.create_table('shares',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('object_id', sa.BigInteger(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('visibility', sa.String(length=12), nullable=False),
    sa.Column('activity_uri', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['object_id'], ['posts.object_id'], name=op.f('fk_shares_object_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shares'))
    )
    with op.batch_alter_table('shares', schema=None) as batch_op:
        batch_op.create_index('ix_shares_actor', ['actor', 'id'], unique=False)
        batch_op.create_index('uq_shares_object_id_actor', ['object_id', 'actor'], unique=True)

    op.create_table('consents_changed',
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('after', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('author', name=op.f('pk_consents_changed'))
    )
    op.create_table('posting_keys',
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('key_hash', sa.String(length=64), nullable=False),
    sa.Column('made_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('author', 'key_hash', name=op.f('pk_posting_keys'))
    )
    with op.batch_alter_table('posting_keys', schema=None) as batch_op:
        batch_op.create_index('ix_posting_keys_at', ['at'], unique=False)

    op.create_table('scheduled_posts',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('draft', sa.Text(), nullable=False),
    sa.Column('refusal', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scheduled_posts'))
    )
    with op.batch_alter_table('scheduled_posts', schema=None) as batch_op:
        batch_op.create_index('ix_scheduled_posts_author', ['author', 'id'], unique=False)
        batch_op.create_index('ix_scheduled_posts_due_at', ['due_at'], unique=False)

    for group in (_FOLLOWS_COUNTED, _POSTS_COUNTED, _ACTORS_EDITIONS, _POSTS_EDITIONS):
        for statement in group[op.get_bind().dialect.name]:
            op.execute(statement)
