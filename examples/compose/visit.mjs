// PrimeData with Node: fetch tells of a visit, node:https finds the shopper by it.

import { request } from "node:https";

const { PRIMEDATA_API_KEY, PRIMEDATA_CLIENT_ID, PRIMEDATA_ACCESS_TOKEN } = process.env;
const EMAIL = "linh@example.com";

async function visit() {
  const thing = { itemId: "_", itemType: "_", scope: PRIMEDATA_CLIENT_ID };
  const target = { ...thing, itemType: "analyticsUser", properties: { email: EMAIL, full_name: "Linh" } };
  const event = { eventType: "identify", scope: PRIMEDATA_CLIENT_ID, timeStamp: new Date(), source: thing, target };
  return fetch("https://live.primedata.ai/powehi/smile", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Client-Id": PRIMEDATA_CLIENT_ID,
      "X-Client-Access-Token": PRIMEDATA_ACCESS_TOKEN,
    },
    body: JSON.stringify({ sessionId: "visit-1", events: [event] }),
    signal: AbortSignal.timeout(10_000),
  });
}

function search() {
  return new Promise((found, failed) => {
    const call = request("https://live.primedata.ai/pub/profiles/advanced-search", {
      method: "POST",
      headers: { "Content-Type": "application/json", "x-api-key": PRIMEDATA_API_KEY },
      timeout: 10_000,
    });
    call.on("timeout", () => call.destroy(new Error("no answer")));
    call.on("error", failed);
    call.on("response", async (answer) => found((await answer.toArray()).join("")));
    call.end(JSON.stringify({ identities: { email: [EMAIL] }, type: ["trait"] }));
  });
}

try {
  const tracked = await visit();
  if (!tracked.ok) throw new Error(`${tracked.status}: ${await tracked.text()}`);
  console.log("fetch: PrimeData takes a visit");
  const profile = await search();
  if (JSON.parse(profile).data?.trait?.full_name !== "Linh") throw new Error(profile);
  console.log("node:https: PrimeData finds Linh");
} catch (error) {
  console.error(`node: PrimeData does not answer as it should: ${error.message}`, error.cause ?? "");
  process.exitCode = 1;
}
