// A web shop's server in Node: when a shopper has logged in and looks at a page, PrimeData is told.
//
//   node storefront.mjs SESSION EMAIL PAGE
//
// PRIMEDATA_CLIENT_ID and PRIMEDATA_ACCESS_TOKEN must be set; PRIMEDATA_BASE_URL where the workspace has its own site.

const { PRIMEDATA_BASE_URL = "https://live.primedata.ai", PRIMEDATA_CLIENT_ID, PRIMEDATA_ACCESS_TOKEN } = process.env;

async function track(sessionId, ...events) {
  const answer = await fetch(`${PRIMEDATA_BASE_URL}/powehi/smile`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Client-Id": PRIMEDATA_CLIENT_ID,
      "X-Client-Access-Token": PRIMEDATA_ACCESS_TOKEN,
    },
    body: JSON.stringify({ sessionId, events }),
    signal: AbortSignal.timeout(5000),
  });
  if (!answer.ok) throw new Error(`PrimeData answers ${answer.status}: ${await answer.text()}`);
}

function event(eventType, properties, target = {}) {
  const thing = { itemId: "_", itemType: "_", scope: PRIMEDATA_CLIENT_ID };
  const timeStamp = new Date().toISOString();
  return { eventType, scope: PRIMEDATA_CLIENT_ID, timeStamp, source: thing, target: { ...thing, ...target }, properties };
}

const [sessionId, email, url] = process.argv.slice(2);
const login = event("identify", {}, { itemType: "analyticsUser", properties: { email } });
const view = event("cdp_page_view", { url });

try {
  await track(sessionId, login, view);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
