// Requests in the background, one after the other, in the order in which they were asked for: what is undone was done
// before, and what the server says of others is no older than what it said of us.
const PATIENCE = 15_000; // milliseconds
const RUNNING_OUT = { 401: "signed_out", 403: "stale" };

let last = Promise.resolve();
let open = 0;

export const idle = () => open === 0;
export const settled = () => last;

// What comes of posting `fields()`, asked for when it is its turn: the answer's JSON, or { failed: why }; null where
// there is nothing to send any more.
export function post(path, fields) {
  return inTurn(() => {
    const body = fields();
    return body && ask(path, { method: "POST", body: new URLSearchParams(body), headers: { "X-CSRF-Token": token() } });
  });
}

export function get(path) {
  return inTurn(() => ask(path, {}));
}

// A page of ours as a document; null where it can't be had.
export async function page(address) {
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE) });
    const ours = response.ok && !response.redirected;
    return ours ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
  } catch {
    return null;
  }
}

function inTurn(work) {
  open += 1;
  const answer = last.then(work).finally(() => (open -= 1));
  last = answer.then(() => {});
  return answer;
}

async function ask(path, { headers, ...further }) {
  try {
    const response = await fetch(new URL(path, location), {
      ...further,
      headers: { Accept: "application/json", ...headers },
      keepalive: further.method === "POST",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (!/[/+]json\b/.test(response.headers.get("Content-Type"))) return { failed: why(response.status) };
    const body = await response.json();
    return response.ok || body.results ? body : { failed: why(response.status) };
  } catch (error) {
    return { failed: !navigator.onLine ? "offline" : error.name === "TimeoutError" ? "slow" : "unreachable" };
  }
}

function why(status) {
  return RUNNING_OUT[status] ?? (status >= 500 ? "broken" : "refused");
}

function token() {
  return document.querySelector("[name=csrf]")?.value ?? "";
}
