// masto.js, a library that many web apps are made with, goes through a town hall. Run by test_masto_js.py.
// It tells what it saw as JSON; whatever fails ends it with the error.
import { createOAuthAPIClient, createRestAPIClient } from "masto";

const { BASE: url, TOKEN: accessToken, OTHER: otherToken } = process.env;

async function pages(paginator, most = 10) {
  const found = [];
  for await (const page of paginator) {
    found.push(page.map((each) => each.id));
    if (found.length >= most) break;
  }
  return found;
}

async function refusal(call) {
  try {
    await call();
  } catch (error) {
    return { name: error.constructor.name, status: error.statusCode, words: error.message };
  }
  return null;
}

async function rest() {
  const mine = createRestAPIClient({ url, accessToken });
  const theirs = createRestAPIClient({ url, accessToken: otherToken });
  const nobody = createRestAPIClient({ url });
  const seen = {};

  const app = await nobody.v1.apps.create({
    clientName: "masto",
    redirectUris: "urn:ietf:wg:oauth:2.0:oob",
    scopes: "read write",
  });
  const oauth = createOAuthAPIClient({ url });
  const token = await oauth.token.create({
    grantType: "client_credentials",
    clientId: app.clientId,
    clientSecret: app.clientSecret,
    scope: "read",
  });
  const byItself = createRestAPIClient({ url, accessToken: token.accessToken });
  seen.app = (await byItself.v1.apps.verifyCredentials()).name;
  seen.noPassword = await refusal(() =>
    oauth.token.create({
      grantType: "password",
      clientId: app.clientId,
      clientSecret: app.clientSecret,
      username: "fatima",
      password: "x",
      scope: "read",
    }),
  );

  const me = await mine.v1.accounts.verifyCredentials();
  const other = await theirs.v1.accounts.verifyCredentials();
  seen.me = me.username;
  seen.instance = (await nobody.v2.instance.fetch()).configuration.statuses.maxCharacters;
  seen.changed = (
    await mine.v1.accounts.updateCredentials({
      displayName: "Fatima Z.",
      fieldsAttributes: [{ name: "Afdeling", value: "Wonen" }],
      source: { language: "nl" },
    })
  ).source.fields;

  const picture = new Blob([Buffer.from(process.env.PICTURE, "hex")], { type: "image/png" });
  const media = await mine.v2.media.create({ file: picture, description: "Het plein", focus: "0.1,0.2" });
  const first = await mine.v1.statuses.create({ status: "Moi #masto", mediaIds: [media.id], language: "nl" });
  seen.focus = first.mediaAttachments[0].meta.focus;
  const poll = await mine.v1.statuses.create({
    status: "Doen?",
    poll: { options: ["ja", "nee"], expiresIn: 3600, multiple: false },
  });
  const voted = await theirs.v1.polls.$select(poll.poll.id).votes.create({ choices: [1] });
  seen.votes = voted.options.map((each) => each.votesCount);
  const edited = await mine.v1.statuses.$select(first.id).update({ status: "Moi, verbeterd", mediaIds: [media.id] });
  seen.edited = [edited.editedAt !== null, (await mine.v1.statuses.$select(first.id).history.list()).length];
  seen.source = (await mine.v1.statuses.$select(first.id).source.fetch()).text;
  const key = { requestInit: { headers: { "Idempotency-Key": "one" } } };
  const twice = [];
  for (let turn = 0; turn < 2; turn++) twice.push((await mine.v1.statuses.create({ status: "Eens" }, key)).id);
  seen.once = twice[0] === twice[1];
  const planned = await mine.v1.statuses.create({ status: "Later", scheduledAt: "2026-12-31T12:00:00.000Z" });
  seen.planned = [planned.params.text, (await mine.v1.scheduledStatuses.list()).length];
  await mine.v1.scheduledStatuses.$select(planned.id).remove();

  await theirs.v1.accounts.$select(me.id).follow();
  const reply = await theirs.v1.statuses.create({ status: "@fatima dag", inReplyToId: first.id });
  await theirs.v1.statuses.$select(first.id).favourite();
  const share = await theirs.v1.statuses.$select(first.id).reblog();
  seen.share = [share.id !== first.id, share.reblog.id === first.id, share.reblog.reblogged];
  seen.context = (await mine.v1.statuses.$select(first.id).context.fetch()).descendants.map((each) => each.id === reply.id);
  seen.notified = (await mine.v1.notifications.list({ types: ["mention", "follow", "reblog"] })).map((each) => each.type);
  seen.groups = (await mine.v2.notifications.list()).notificationGroups.map((each) => each.type);
  seen.standing = (await mine.v1.accounts.relationships.fetch({ id: [other.id] })).map((each) => each.followedBy);
  await mine.v1.statuses.$select(reply.id).bookmark();
  seen.bookmarked = (await mine.v1.bookmarks.list()).length;
  await mine.v1.accounts.$select(other.id).follow({ reblogs: false, notify: true });

  const list = await mine.v1.lists.create({ title: "Collega's", repliesPolicy: "list" });
  await mine.v1.lists.$select(list.id).accounts.create({ accountIds: [other.id] });
  seen.list = (await mine.v1.lists.$select(list.id).accounts.list()).map((each) => each.username);
  await mine.v1.lists.$select(list.id).accounts.remove({ accountIds: [other.id] });
  seen.emptied = (await mine.v1.lists.$select(list.id).accounts.list()).length;
  const filter = await mine.v2.filters.create({
    title: "Stil",
    context: ["home"],
    filterAction: "hide",
    keywordsAttributes: [{ keyword: "lawaai", wholeWord: true }],
  });
  seen.filter = filter.keywords.map((each) => each.keyword);
  await mine.v1.markers.create({ home: { lastReadId: first.id } });
  seen.marker = (await mine.v1.markers.fetch({ timeline: ["home"] })).home.lastReadId === first.id;
  seen.preferences = (await mine.v1.preferences.fetch())["posting:default:visibility"];
  await mine.v1.tags.$select("masto").follow();
  seen.tags = (await mine.v1.followedTags.list()).map((each) => each.name);
  await mine.v1.reports.create({ accountId: other.id, statusIds: [reply.id], comment: "Kijk", category: "spam" });

  seen.pages = (await pages(mine.v1.timelines.home.list({ limit: 2 }))).map((page) => page.length);
  seen.missing = await refusal(() => mine.v1.statuses.$select("1").fetch());
  seen.invalid = await refusal(() => mine.v1.statuses.create({ status: "" }));
  seen.stranger = await refusal(() => nobody.v1.timelines.home.list());
  seen.removed = (await mine.v1.statuses.$select(poll.id).remove()).text;
  return seen;
}

console.log(JSON.stringify(await rest()));
