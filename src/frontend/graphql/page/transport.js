// Requests to the endpoint that this page is at, and their answers.

/** Sends one request, as JSON, and gives its one answer. */
export async function ask(body, { headers = {}, signal } = {}) {
  const accept = "application/graphql-response+json, application/json;q=0.9";
  const response = await post(body, { accept, headers, signal });
  return { ...(await read(response)), response };
}

/** Sends a subscription, and gives its answers one after the other. */
export async function* subscribe(body, { headers = {}, signal } = {}) {
  const accept = "text/event-stream, application/graphql-response+json;q=0.9";
  const response = await post(body, { accept, headers, signal });
  if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
    yield { ...(await read(response)), response };
    return;
  }
  for await (const { event, data } of events(response.body)) {
    if (event === "complete") return;
    if (event === "next" && data) yield { ...parse(data), response };
  }
}

function post(body, { accept, headers, signal }) {
  const all = { ...headers, accept, "content-type": "application/json" };
  return fetch(location.pathname, { method: "POST", headers: all, body, signal });
}

async function read(response) {
  return parse(await response.text());
}

/** The answer, and its text as it came. Numbers that JavaScript cannot hold stay as they are there. */
function parse(text) {
  try {
    return { answer: JSON.parse(text), text };
  } catch {
    return { answer: null, text };
  }
}

/** The events of a stream (HTML, "Server-sent events"). */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = "message";
  let data = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines.map((line) => line.replace(/\r$/, ""))) {
        if (line === "") {
          if (event !== "message" || data.length) yield { event, data: data.join("\n") };
          event = "message";
          data = [];
        } else if (line.startsWith("event:")) event = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** A JSON text with one member a line, its numbers and texts as they were. */
export function indent(text) {
  let out = "";
  let depth = 0;
  const tokens = text.match(/"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  tokens.forEach((token, place) => {
    const line = () => `\n${"  ".repeat(depth)}`;
    const next = tokens[place + 1];
    if (token === "{" || token === "[") {
      depth += 1;
      out += token + (next === "}" || next === "]" ? "" : line());
    } else if (token === "}" || token === "]") {
      depth -= 1;
      const before = tokens[place - 1];
      out += (before === "{" || before === "[" ? "" : line()) + token;
    } else if (token === ",") out += token + line();
    else out += token === ":" ? ": " : token;
  });
  return out;
}
