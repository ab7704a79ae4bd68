// masto.js listens to two streams over one WebSocket. Run by test_masto_js.py.
import { createRestAPIClient, createStreamingAPIClient } from "masto";

const { BASE: url, TOKEN: accessToken, OTHER: otherToken } = process.env;
const theirs = createRestAPIClient({ url, accessToken: otherToken });
const streams = createStreamingAPIClient({ streamingApiUrl: url.replace("http", "ws"), accessToken });

const seen = {};
const user = streams.user.subscribe();
const tag = streams.hashtag.subscribe({ tag: "stroom" });

async function listen(subscription, wanted) {
  for await (const { event, payload } of subscription) {
    if (event === wanted) return payload;
  }
}

const heard = Promise.all([listen(user, "notification"), listen(tag, "update")]);
let written = 0;
// A stream does not say when it has begun: write again until it was heard.
const writing = setInterval(() => {
  written += 1;
  theirs.v1.statuses.create({ status: `@fatima ${written} #stroom` });
}, 250);
const [notification, update] = await heard;
clearInterval(writing);
seen.notification = [notification.type, notification.account.username];
seen.update = update.tags.map((each) => each.name);
streams.close();
console.log(JSON.stringify(seen));
process.exit(0);
