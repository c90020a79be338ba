// GraphQL as text: tokens, the operations of a document, and how a document is set in order.

const TOKEN = /(\s+|,+|\uFEFF+)|(#[^\n]*)|("""(?:\\"""|[^])*?(?:"""|$)|"(?:\\.|[^"\\\n])*(?:"|$|(?=\n)))|(\$\w*)|(@\w*)|(\.\.\.|[!&(){}[\]:=|])|(-?\d[\w.+-]*)|([A-Za-z_]\w*)|([^])/g;
const KINDS = ["blank", "comment", "string", "variable", "directive", "punctuator", "number", "name", "bad"];
const DEFINITIONS = new Set(["query", "mutation", "subscription", "fragment"]);

/** All of a text, in tokens of `{ kind, text, at }`. */
export function tokens(text) {
  const all = [];
  for (const match of text.matchAll(TOKEN)) {
    const kind = KINDS[match.slice(1).findIndex((part) => part !== undefined)];
    all.push({ kind, text: match[0], at: match.index });
  }
  return all;
}

/** The tokens that mean something. */
export const meaning = (text) => tokens(text).filter(({ kind }) => kind !== "blank" && kind !== "comment");

/** The tokens of a text, each with the class that it is shown in. */
export function coloured(text) {
  const all = tokens(text);
  let depth = 0;
  for (const token of all) {
    if (token.text === "{") depth += 1;
    if (token.text === "}") depth -= 1;
    if (token.kind === "name") {
      const isWord = (depth === 0 && DEFINITIONS.has(token.text)) || token.text === "on";
      token.kind = isWord ? "keyword" : /^(true|false|null)$/.test(token.text) ? "constant" : "name";
    } else if (token.kind === "directive") token.kind = "keyword";
  }
  return all;
}

/** The operations of a document: `{ kind, name, from, to }`. */
export function operations(text) {
  const found = [];
  let depth = 0;
  let current = null;
  for (const token of meaning(text)) {
    if (depth === 0 && !current) {
      const kind = token.text === "{" ? "query" : token.text;
      current = { kind, name: null, from: token.at, to: text.length };
    } else if (depth === 0 && token.kind === "name" && current.name === null) current.name = token.text;
    else if (depth === 0 && current.name === null && token.kind !== "name") current.name = "";
    if (/^[({[]$/.test(token.text)) depth += 1;
    if (/^[)}\]]$/.test(token.text)) depth = Math.max(0, depth - 1);
    if (depth === 0 && token.text === "}") {
      current.to = token.at + 1;
      if (current.kind !== "fragment" && DEFINITIONS.has(current.kind)) found.push(current);
      current = null;
    }
  }
  return found.map((one) => ({ ...one, name: one.name || null }));
}

/** The operation at a place of the text, else the first one. */
export function operationAt(text, place) {
  const all = operations(text);
  return all.find(({ from, to }) => from <= place && place <= to) ?? all[0];
}

/** The same document with one field a line. */
export function prettify(text) {
  const all = tokens(text).filter(({ kind }) => kind !== "blank");
  let out = "";
  let indent = 0;
  let line = ""; // What stands in the current line.
  const nests = []; // The brackets that are open.
  const flush = () => {
    if (line.trim()) out += "  ".repeat(indent) + line.trim() + "\n";
    line = "";
  };
  const inSelection = () => nests.every((one) => one === "{s");
  all.forEach((token, place) => {
    const before = all[place - 1];
    const after = all[place + 1];
    const { text: word, kind } = token;
    if (kind === "comment") {
      flush();
      if (!indent && out && before.kind !== "comment") out += "\n";
      out += "  ".repeat(indent) + word + "\n";
      return;
    }
    if (inSelection()) {
      if (word === "{") {
        line = line.trim() ? line.trimEnd() + " {" : "{";
        flush();
        nests.push("{s");
        indent += 1;
        return;
      }
      if (word === "}") {
        flush();
        nests.pop();
        indent = Math.max(0, indent - 1);
        line = "}";
        flush();
        if (!indent && after) out += "\n";
        return;
      }
      if (word === "(" || word === "[") {
        nests.push(word);
        line = line.trimEnd() + word;
        return;
      }
      const continues = !indent || kind === "directive" || word === ":" || before?.text === ":"
        || before?.text === "..." || before?.text === "on" || word === "=" || kind === "variable";
      if (!continues) flush();
      const sticks = word === ":" || (before?.text === "..." && word !== "on");
      line = sticks ? line.trimEnd() + word : line + (line && !line.endsWith(" ") ? " " : "") + word;
      if (word === ":") line += " ";
      return;
    }
    const opens = /^[({[]$/.test(word);
    const closes = /^[)}\]]$/.test(word);
    if (closes) {
      nests.pop();
      line = line.trimEnd() + (word === "}" ? " }" : word);
      return;
    }
    const first = /^[({[]$/.test(before?.text ?? "");
    const starts = (kind === "name" || kind === "variable") && after?.text === ":";
    const isItem = nests.at(-1) === "[" && /^(name|variable|number|string)$/.test(kind);
    const nextObject = nests.at(-1) === "[" && opens;
    if ((starts || isItem || nextObject) && !first) line = line.trimEnd() + ", ";
    else if (word === "=" || kind === "directive") line = line.trimEnd() + " ";
    line += word + (word === ":" || word === "=" ? " " : word === "{" ? " " : "");
    if (opens) nests.push(word);
  });
  flush();
  return out;
}

/** A JSON text in tokens of `{ kind, text }`. */
export function json(text) {
  const token = /("(?:\\.|[^"\\])*")(\s*:)?|(-?\d[\d.eE+-]*)|(true|false|null)|([^"\d\-tfn]+|[^])/g;
  const all = [];
  for (const [whole, string, colon, number, constant] of text.matchAll(token)) {
    if (string && colon) all.push({ kind: "name", text: string }, { kind: "plain", text: colon });
    else all.push({ kind: string ? "string" : number ? "number" : constant ? "constant" : "plain", text: whole });
  }
  return all;
}
