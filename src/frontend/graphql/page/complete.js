// What can stand at a place of a query.

import { meaning } from "./language.js";
import { innermost, print } from "./schema.js";

/** The choices for the word that ends at `place`: `{ from, choices: [{ text, about }] }`. */
export function complete(text, place, schema) {
  const word = text.slice(0, place).match(/[A-Za-z_]\w*$/)?.[0] ?? "";
  const from = place - word.length;
  const context = walk(meaning(text.slice(0, from)), schema);
  const all = context ? choices(context, schema) : [];
  const low = word.toLowerCase();
  const fit = all.filter((choice) => choice.text.toLowerCase().includes(low) && choice.text !== word);
  fit.sort((a, b) => b.text.toLowerCase().startsWith(low) - a.text.toLowerCase().startsWith(low));
  return { from, choices: fit.slice(0, 50), isForced: Boolean(word) };
}

function choices({ kind, type, of }, schema) {
  const inputs = (all) => all.map((one) => ({ text: one.name, about: print(one.type), after: ": " }));
  switch (kind) {
    case "top":
      return Object.entries(schema.roots).filter(([, name]) => name).map(([text]) => ({ text, about: "operation" }));
    case "selection": {
      const named = schema.type(type);
      const fields = (named?.fields ?? []).map((field) => ({ text: field.name, about: print(field.type) }));
      const parts = (named?.possibleTypes ?? []).map(({ name }) => ({ text: `... on ${name}`, about: "" }));
      return named ? [...fields, ...parts, { text: "__typename", about: "String!" }] : [];
    }
    case "arguments":
      return inputs(of ?? []);
    case "value": {
      const named = schema.type(of && innermost(of));
      if (named?.name === "Boolean") return ["true", "false"].map((text) => ({ text, about: "Boolean" }));
      return (named?.enumValues ?? []).map(({ name }) => ({ text: name, about: named.name }));
    }
    default:
      return [];
  }
}

/** Follows the tokens of a document to its end, and tells what is open there. */
function walk(all, schema) {
  const stack = [{ kind: "top" }];
  let field = null; // The last field of the selection that is open.
  let root = "query";
  let condition = null; // The type that the next selection is of, whatever field stands before it.
  for (let place = 0; place < all.length; place += 1) {
    const { text, kind } = all[place];
    const top = stack.at(-1);
    const before = all[place - 1]?.text;
    if (text === "{") {
      const named = top.kind === "top" ? condition ?? schema.roots[root] : condition ?? (field && innermost(field.type));
      if (top.kind === "top" || top.kind === "selection") stack.push({ kind: "selection", type: named });
      else stack.push({ kind: "arguments", of: schema.type(top.value && innermost(top.value))?.inputFields ?? [] });
      condition = null;
      field = null;
    } else if (text === "(") stack.push({ kind: top.kind === "top" ? "definitions" : "arguments", of: field?.args ?? [] });
    else if (text === "[") stack.push({ kind: "list", value: top.value });
    else if (/^[)}\]]$/.test(text)) {
      if (stack.length > 1) stack.pop();
      if (stack.length === 1 && text === "}") root = "query";
    } else if (kind === "name" && top.kind === "top") {
      if (before === "on") condition = text;
      else if (text in schema.roots) root = text;
    } else if (kind === "name" && top.kind === "selection") {
      if (before === "on") condition = text;
      else if (before !== "..." && text !== "on") field = schema.field(top.type, text) ?? null;
    } else if (kind === "name" && top.kind === "arguments" && before !== ":") {
      top.value = top.of.find((one) => one.name === text)?.type;
    } else if (kind === "directive") field = null;
  }
  const top = stack.at(-1);
  const last = all.at(-1)?.text;
  if (last === "..." || last === "on" || last === "@") return null;
  if ((top.kind === "arguments" && last === ":") || top.kind === "list") return { kind: "value", of: top.value };
  return top;
}
