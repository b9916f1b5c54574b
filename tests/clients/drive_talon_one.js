// Drives the npm client of Talon.One, as an integration would, for as long as standard input is open. A line of it is
// {url, key, calls}, each call {name, args, sign?} with {"$model": NAME, "value": …} for a model; the line that answers
// it lists what became of them: {"value": …} or {"status": …, "body": …}. `sign` is {"signer", "key"}: the client
// computes no signature itself.
const crypto = require("crypto");
const readline = require("readline");
const TalonOne = require("talon_one");

const client = TalonOne.ApiClient.instance;
const { api_key_v1: key, integration_auth: signature } = client.authentications;
key.apiKeyPrefix = "ApiKey-v1";
const api = new TalonOne.IntegrationApi();

function built(argument) {
  if (argument === null || typeof argument !== "object" || !argument.$model) return argument;
  return TalonOne[argument.$model].constructFromObject(argument.value);
}

function signed({ args, sign }) {
  const body = args.find((one) => one && one.$model);
  const bytes = body === undefined ? "" : JSON.stringify(built(body));
  const hex = crypto.createHmac("md5", Buffer.from(sign.key, "hex")).update(bytes).digest("hex");
  return `signer=${sign.signer}; signature=${hex}`;
}

async function outcome(call) {
  signature.apiKey = call.sign ? signed(call) : undefined;
  try {
    const value = await api[call.name](...call.args.map(built));
    return { value: value === undefined ? null : value };
  } catch (error) {
    if (error.response === undefined) throw error;
    return { status: error.status, body: error.response.body };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    client.basePath = order.url;
    key.apiKey = order.key;
    const outcomes = [];
    for (const call of order.calls) outcomes.push(await outcome(call));
    process.stdout.write(`${JSON.stringify(outcomes)}\n`);
  }
})();
