// The page: what is written goes out, what comes back is shown.

import { complete } from "./complete.js";
import { Editor } from "./editor.js";
import { Explorer } from "./explorer.js";
import { History, read, write } from "./history.js";
import { coloured, json, operationAt, prettify } from "./language.js";
import { load } from "./schema.js";
import { ask, indent, subscribe } from "./transport.js";

const DRAFT = `graphql-draft:${location.pathname}`;
const WELCOME = "# Ctrl+Enter runs the operation at the cursor, Ctrl+Space tells what can stand there.\n";
/** Answers of a subscription that stay on the page. */
const MOST_ANSWERS = 200;

const $ = (selector) => document.querySelector(selector);

let schema = null;
let running = null;

const query = new Editor($("#query"), {
  paint: coloured,
  complete: (text, place) => schema && complete(text, place, schema),
  change: keep,
});
const variables = new Editor($("#variables"), { paint: json, change: keep });
const headers = new Editor($("#headers"), { paint: json });
const explorer = new Explorer(({ query: text, variables: values }) => put(text, values));
const history = new History((request) => put(request.query, JSON.parse(request.variables || "{}")));

function put(text, values) {
  query.text = text;
  variables.text = Object.keys(values).length ? `${JSON.stringify(values, null, 2)}\n` : "";
  keep();
  query.focus();
}

function keep() {
  write(DRAFT, { query: query.text, variables: variables.text });
}

/** The object that an editor holds; nothing where it is empty. */
function object(editor, what) {
  if (!editor.text.trim()) return undefined;
  let value;
  try {
    value = JSON.parse(editor.text);
  } catch (error) {
    throw new Error(`${what}: ${error.message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${what}: expected an object`);
  return value;
}

/** What the editors ask for, and how. */
function request() {
  const operation = operationAt(query.text, query.place);
  if (!operation) throw new Error("there is no operation to run");
  const body = { query: query.text };
  if (operation.name) body.operationName = operation.name;
  let text = JSON.stringify(body);
  if (object(variables, "variables")) {
    // As they were written: JavaScript would round large numbers.
    text = `${text.slice(0, -1)},"variables":${variables.text.trim()}}`;
  }
  return { operation, body: text, headers: object(headers, "headers") ?? {} };
}

async function run() {
  if (running) {
    running.abort();
    return;
  }
  let wanted;
  try {
    wanted = request();
    $("#problem").textContent = "";
  } catch (error) {
    $("#problem").textContent = error.message;
    return;
  }
  const { operation, body } = wanted;
  history.add({ query: query.text, variables: variables.text, name: operation.name });
  const own = new AbortController();
  running = own;
  $("#run").textContent = "Stop";
  $("#answers").replaceChildren();
  $("#status").textContent = "Waiting…";
  const begun = performance.now();
  const options = { headers: wanted.headers, signal: own.signal };
  let count = 0;
  try {
    if (operation.kind === "subscription") {
      for await (const told of subscribe(body, options)) {
        count += 1;
        show(told.text, count);
        $("#status").textContent = `Open for ${since(begun)}, ${count} ${count === 1 ? "answer" : "answers"}`;
      }
      $("#status").textContent = `Ended after ${since(begun)}, ${count} ${count === 1 ? "answer" : "answers"}`;
    } else {
      const { text, answer, response } = await ask(body, options);
      show(text);
      const errors = answer?.errors?.length;
      const status = `${response.status} ${response.statusText}`.trim();
      $("#status").textContent = `${status}, ${since(begun)}, ${new Blob([text]).size} bytes${errors ? `, ${errors} ${errors === 1 ? "error" : "errors"}` : ""}`;
    }
  } catch (error) {
    const stopped = own.signal.aborted;
    $("#status").textContent = stopped ? `Stopped after ${since(begun)}` : `No answer: ${error.message}`;
  } finally {
    running = null;
    $("#run").textContent = "Run";
  }
}

const since = (begun) => {
  const spent = performance.now() - begun;
  return spent < 1000 ? `${Math.round(spent)} ms` : `${(spent / 1000).toFixed(1)} s`;
};

/** Shows an answer, the newest of a subscription first. */
function show(text, count) {
  const pre = document.createElement("pre");
  for (const { kind, text: part } of json(indent(text))) {
    if (kind === "plain") pre.append(part);
    else pre.append(Object.assign(document.createElement("span"), { className: `t-${kind}`, textContent: part }));
  }
  const answers = $("#answers");
  if (count) {
    const time = document.createElement("time");
    time.textContent = `${count}, ${new Date().toLocaleTimeString()}`;
    pre.prepend(time);
    while (answers.children.length >= MOST_ANSWERS) answers.lastChild.remove();
  }
  answers.prepend(pre);
}

function tidy() {
  query.text = prettify(query.text);
  for (const editor of [variables, headers]) {
    if (editor.text.trim()) editor.text = `${indent(editor.text)}\n`;
  }
  keep();
}

async function learn() {
  try {
    const value = object(headers, "headers") ?? {};
    schema = await load(async (body) => (await ask(JSON.stringify(body), { headers: value })).answer ?? {});
    explorer.schema = schema;
    return schema;
  } catch (error) {
    explorer.fail(error.message);
    return null;
  }
}

function toggle(button, panel, other) {
  $(button).addEventListener("click", () => {
    const opens = $(panel).hidden;
    for (const [b, p] of [[button, panel], other]) {
      $(p).hidden = p !== panel || !opens;
      $(b).ariaExpanded = String(p === panel && opens);
    }
  });
}

function tabs() {
  const all = ["variables", "headers"];
  const open = (name) => {
    for (const one of all) {
      $(`#${one}`).hidden = one !== name;
      $(`#tab-${one}`).ariaSelected = String(one === name);
      $(`#tab-${one}`).tabIndex = one === name ? 0 : -1;
    }
  };
  all.forEach((name, place) => {
    $(`#tab-${name}`).addEventListener("click", () => open(name));
    $(`#tab-${name}`).addEventListener("keydown", ({ key }) => {
      if (key !== "ArrowLeft" && key !== "ArrowRight") return;
      const other = all[1 - place];
      open(other);
      $(`#tab-${other}`).focus();
    });
  });
}

function splitter() {
  const bar = $("#splitter");
  const part = $("#ask");
  const resize = (width) => {
    const most = part.parentElement.clientWidth - 240;
    part.style.flexBasis = `${Math.max(240, Math.min(width, most))}px`;
  };
  bar.addEventListener("pointerdown", (event) => bar.setPointerCapture(event.pointerId));
  bar.addEventListener("pointermove", (event) => {
    if (bar.hasPointerCapture(event.pointerId)) resize(event.clientX - part.getBoundingClientRect().left);
  });
  bar.addEventListener("keydown", ({ key }) => {
    const step = { ArrowLeft: -32, ArrowRight: 32 }[key];
    if (step) resize(part.clientWidth + step);
  });
}

$("#endpoint").textContent = location.pathname;
$("#run").addEventListener("click", run);
$("#prettify").addEventListener("click", tidy);
$("#schema-reload").addEventListener("click", learn);
toggle("#show-schema", "#schema", ["#show-history", "#history"]);
toggle("#show-history", "#history", ["#show-schema", "#schema"]);
tabs();
splitter();
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  } else if (event.code === "KeyF" && event.altKey && event.shiftKey) {
    event.preventDefault();
    tidy();
  }
});

const draft = read(DRAFT);
if (draft?.query?.trim()) {
  query.text = draft.query;
  variables.text = draft.variables ?? "";
}
const known = await learn();
if (!query.text.trim()) {
  const opening = known?.opening();
  put(WELCOME + (opening?.query ?? "{\n  __typename\n}\n"), opening?.variables ?? {});
}
query.focus();
