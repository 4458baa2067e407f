// Does with octokit what a test asks: one JSON object a line in, one a line out.
// The first line says where GitHub is and who asks: {url, token, app: {id, privateKey, installation}}.
import { createInterface } from "node:readline";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import { Webhooks } from "@octokit/webhooks";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => {
  const { value, done } = await lines.next();
  return done ? null : JSON.parse(value);
};
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const { url, token, app } = await read();
const authApp = { appId: app.id, privateKey: app.privateKey };
const settings = { baseUrl: url, log: quiet };
const clients = {
  app: new Octokit({ ...settings, authStrategy: createAppAuth, auth: authApp }),
  installation: new Octokit({
    ...settings,
    authStrategy: createAppAuth,
    auth: { ...authApp, installationId: app.installation },
  }),
  token: new Octokit({ ...settings, auth: token }),
};

// "actions.listSelfHostedRunnersForRepo" is octokit.rest.actions.listSelfHostedRunnersForRepo.
async function call({ as, method, parameters, paginate }) {
  const octokit = clients[as];
  const operation = method.split(".").reduce((at, name) => at[name], octokit.rest);
  if (paginate) return { data: await octokit.paginate(operation, parameters) };
  const { status, data } = await operation(parameters);
  return { status, data };
}

const does = {
  call,
  mint: ({ options }) => clients.app.auth({ type: "installation", ...options }),
  sign: async ({ secret, body }) => ({ signature: await new Webhooks({ secret }).sign(body) }),
  verify: async ({ secret, body, signature }) => ({
    verified: await new Webhooks({ secret }).verify(body, signature),
  }),
  receive: async ({ secret, body, headers }) => {
    const webhooks = new Webhooks({ secret, log: quiet });
    const received = [];
    webhooks.onAny(({ id, name, payload }) => received.push({ id, name, action: payload.action }));
    await webhooks.verifyAndReceive({
      id: headers["x-github-delivery"],
      name: headers["x-github-event"],
      signature: headers["x-hub-signature-256"],
      payload: body,
    });
    return { received };
  },
};

for (let asked = await read(); asked !== null; asked = await read()) {
  let answer;
  try {
    answer = await does[asked.do](asked);
  } catch (error) {
    answer = { error: error.message, status: error.status ?? null };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
