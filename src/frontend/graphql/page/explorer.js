// The schema as pages: roots, types, fields, and what comments say of them.

import { innermost, print } from "./schema.js";

const ROOTS = [["query", "Queries"], ["mutation", "Mutations"], ["subscription", "Subscriptions"]];

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

export class Explorer {
  #schema = null;
  #page = document.querySelector("#schema-page");
  #back = document.querySelector("#schema-back");
  #search = document.querySelector("#schema-search");
  #trail = [];
  #use;

  /** `use` is given an operation that somebody wants to try. */
  constructor(use) {
    this.#use = use;
    this.#back.addEventListener("click", () => {
      this.#trail.pop();
      this.#show();
    });
    this.#search.addEventListener("input", () => this.#show());
  }

  set schema(schema) {
    this.#schema = schema;
    this.#trail = [];
    this.#show();
  }

  /** Says why there is no schema. */
  fail(why) {
    this.#schema = null;
    const text = `The schema could not be had: ${why}`;
    this.#page.replaceChildren(element("p", { className: "error", textContent: text }));
  }

  #go(name) {
    this.#search.value = "";
    this.#trail.push(name);
    this.#show();
    this.#page.focus();
  }

  #show() {
    if (!this.#schema) return;
    const name = this.#trail.at(-1);
    const wanted = this.#search.value.trim().toLowerCase();
    this.#back.hidden = !this.#trail.length;
    const content = wanted ? this.#found(wanted) : name ? this.#type(this.#schema.type(name)) : this.#roots();
    this.#page.replaceChildren(...content);
    this.#page.scrollTop = 0;
  }

  #roots() {
    return ROOTS.flatMap(([kind, title]) => {
      const root = this.#schema.type(this.#schema.roots[kind]);
      if (!root?.fields?.length) return [];
      return [element("h3", { textContent: title }), this.#fields(root.fields, kind)];
    });
  }

  #found(wanted) {
    const has = (text) => text.toLowerCase().includes(wanted);
    const types = [...this.#schema.types.values()].filter(({ name }) => !name.startsWith("__"));
    const named = types.filter(({ name }) => has(name)).slice(0, 50);
    const fields = types.flatMap((type) => (type.fields ?? type.inputFields ?? [])
      .filter(({ name }) => has(name)).map((field) => ({ type, field }))).slice(0, 100);
    const items = fields.map(({ type, field }) => element("li", {}, this.#link(type.name), `.${field.name}: `, ...this.#reference(field.type)));
    const nothing = named.length || items.length ? [] : [element("p", { textContent: "Nothing has that name." })];
    return [
      ...(named.length ? [element("h3", { textContent: "Types" }), element("ul", {}, ...named.map(({ name }) => element("li", {}, this.#link(name))))] : []),
      ...(items.length ? [element("h3", { textContent: "Fields" }), element("ul", {}, ...items)] : []),
      ...nothing,
    ];
  }

  #type(type) {
    const parts = [element("h2", { textContent: type.name }), ...about(type)];
    const add = (title, list) => parts.push(element("h3", { textContent: title }), list);
    const root = ROOTS.find(([kind]) => this.#schema.roots[kind] === type.name)?.[0];
    if (type.fields?.length) add("Fields", this.#fields(type.fields, root));
    if (type.inputFields?.length) add("Input fields", element("ul", {}, ...type.inputFields.map((one) => element("li", {}, ...this.#argument(one), ...about(one)))));
    if (type.enumValues?.length) add("Values", element("ul", {}, ...type.enumValues.map((value) => element("li", {}, name(value), ...about(value)))));
    if (type.possibleTypes?.length) add("One of", element("ul", {}, ...type.possibleTypes.map((one) => element("li", {}, this.#link(one.name)))));
    if (type.kind === "SCALAR" && !type.description) parts.push(element("p", { textContent: "A scalar." }));
    return parts;
  }

  #fields(fields, root) {
    const item = (field) => {
      const parts = [];
      if (root) {
        const use = element("button", { className: "try", textContent: "Try", title: `Write a ${root} of ${field.name}` });
        use.addEventListener("click", () => this.#use(this.#schema.operation(root, field)));
        parts.push(use);
      }
      parts.push(name(field));
      if (field.args.length) {
        const args = field.args.map((arg) => element("div", { className: "args", title: arg.description ?? "" }, ...this.#argument(arg)));
        parts.push("(", ...args, ")");
      }
      return element("li", {}, ...parts, ": ", ...this.#reference(field.type), ...about(field));
    };
    return element("ul", {}, ...fields.map(item));
  }

  #argument(arg) {
    const value = arg.defaultValue === null ? [] : [` = ${arg.defaultValue}`];
    return [arg.name, ": ", ...this.#reference(arg.type), ...value];
  }

  /** A type with its brackets, the name in it a link. */
  #reference(type) {
    const inner = innermost(type);
    const [before, after] = print(type).split(inner);
    return [before, this.#link(inner), after];
  }

  #link(name) {
    const link = element("button", { className: "link", textContent: name });
    link.addEventListener("click", () => this.#go(name));
    return link;
  }
}

function name({ name, isDeprecated }) {
  return element("span", { className: isDeprecated ? "deprecated" : "", textContent: name });
}

function about({ description, deprecationReason, isDeprecated }) {
  const parts = [];
  if (description) parts.push(element("p", { textContent: description }));
  if (isDeprecated) parts.push(element("p", { textContent: `Deprecated: ${deprecationReason ?? "no reason is given"}` }));
  return parts;
}
