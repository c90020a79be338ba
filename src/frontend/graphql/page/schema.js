// The schema as introspection tells it, and operations made from it.

const REFERENCE = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";
const VALUE = `name description defaultValue type { ${REFERENCE} }`;
const QUESTION = `query Introspection {
  __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types {
      kind name description
      fields(includeDeprecated: true) {
        name description isDeprecated deprecationReason
        args { ${VALUE} } type { ${REFERENCE} }
      }
      inputFields { ${VALUE} }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      possibleTypes { name }
    }
  }
}`;

/** Asks for the schema. `ask` sends a request and gives its answer. */
export async function load(ask) {
  const answer = await ask({ query: QUESTION, operationName: "Introspection" });
  if (!answer.data) throw new Error(answer.errors?.[0]?.message ?? "the answer has no data");
  return new Schema(answer.data.__schema);
}

export class Schema {
  constructor({ queryType, mutationType, subscriptionType, types }) {
    this.types = new Map(types.map((type) => [type.name, type]));
    this.roots = { query: queryType?.name, mutation: mutationType?.name, subscription: subscriptionType?.name };
  }

  /** The type of that name. */
  type(name) {
    return this.types.get(name);
  }

  /** The field of that name. */
  field(type, name) {
    return this.type(type)?.fields?.find((field) => field.name === name);
  }

  /** Whether values of that type have fields. */
  isComposite(name) {
    return ["OBJECT", "INTERFACE", "UNION"].includes(this.type(name)?.kind);
  }

  /** An operation of one root field: arguments that it needs as variables, and what it can tell. */
  operation(kind, field) {
    const needed = field.args.filter((arg) => arg.type.kind === "NON_NULL" && arg.defaultValue === null);
    const sizes = field.args.filter((arg) => /^(pageSize|limit|first|count)$/.test(arg.name) && print(arg.type) === "Int");
    // What names a thing is asked for though a service may do without.
    const ids = field.args.filter((arg) => /(^id|Id|^name|^sku)$/.test(arg.name) && /^(ID|String)!?$/.test(print(arg.type)));
    const asked = needed.length ? needed : sizes.length ? [] : ids.slice(0, 1);
    const name = field.name[0].toUpperCase() + field.name.slice(1);
    const definitions = asked.map((arg) => `$${arg.name}: ${print(arg.type)}`).join(", ");
    const given = [...asked.map((arg) => `${arg.name}: $${arg.name}`), ...sizes.filter((arg) => !asked.includes(arg)).map((arg) => `${arg.name}: 3`)];
    const selection = this.#selection(innermost(field.type), 3, "  ");
    const query = `${kind} ${name}${definitions ? `(${definitions})` : ""} {\n  ${field.name}${given.length ? `(${given.join(", ")})` : ""}${selection}\n}\n`;
    const variables = Object.fromEntries(asked.map((arg) => [arg.name, this.#example(arg.type, 2)]));
    return { query, variables };
  }

  /** A query that tells something of this schema and needs nothing to be filled in. */
  opening() {
    const fields = this.type(this.roots.query)?.fields ?? [];
    const score = (field) => {
      const needs = field.args.some((arg) => arg.type.kind === "NON_NULL" && arg.defaultValue === null);
      return (needs ? -8 : 0) + (/^list/i.test(field.name) ? 3 : 0) + (/^(products|items)|products$/i.test(field.name) ? 2 : 0)
        + (this.isComposite(innermost(field.type)) ? 2 : 0) - (/^_|health|reflection|check/i.test(field.name) ? 4 : 0) - (field.isDeprecated ? 4 : 0);
    };
    const best = fields.reduce((best, field) => (!best || score(field) > score(best) ? field : best), null);
    return best && this.operation("query", best);
  }

  #selection(name, depth, indent) {
    const type = this.type(name);
    if (!this.isComposite(name)) return "";
    const deeper = indent + "  ";
    if (type.kind === "UNION") {
      const members = type.possibleTypes.slice(0, 3).map(({ name }) => `${deeper}... on ${name}${this.#selection(name, depth - 1, deeper)}`);
      return depth > 0 ? ` {\n${deeper}__typename\n${members.join("\n")}\n${indent}}` : " { __typename }";
    }
    const usable = type.fields.filter((field) => !field.isDeprecated && !field.args.some((arg) => arg.type.kind === "NON_NULL" && arg.defaultValue === null));
    const leaves = usable.filter((field) => !this.isComposite(innermost(field.type))).slice(0, 6);
    const inner = depth > 1 ? usable.filter((field) => this.isComposite(innermost(field.type)) && !field.args.length).slice(0, 2) : [];
    const lines = usable.filter((field) => leaves.includes(field) || inner.includes(field))
      .map((field) => deeper + field.name + (inner.includes(field) ? this.#selection(innermost(field.type), depth - 1, deeper) : ""));
    return ` {\n${lines.length ? lines.join("\n") : `${deeper}__typename`}\n${indent}}`;
  }

  #example(type, depth) {
    if (type.kind === "NON_NULL") return this.#example(type.ofType, depth);
    if (type.kind === "LIST") return [];
    const named = this.type(type.name);
    if (named?.kind === "ENUM") return named.enumValues[0]?.name ?? null;
    if (named?.kind === "INPUT_OBJECT") {
      const needed = depth > 0 ? named.inputFields.filter((field) => field.type.kind === "NON_NULL") : [];
      return Object.fromEntries(needed.map((field) => [field.name, this.#example(field.type, depth - 1)]));
    }
    return { Int: 0, Float: 0, UInt32: 0, Boolean: false, Int64: "0", UInt64: "0", DateTime: "2026-01-01T00:00:00Z", Duration: "1s", JSON: {} }[type.name] ?? "";
  }
}

/** The name within lists and exclamation marks. */
export function innermost(type) {
  let inner = type;
  while (inner.ofType) inner = inner.ofType;
  return inner.name;
}

/** A type as GraphQL writes it. */
export function print(type) {
  if (type.kind === "NON_NULL") return `${print(type.ofType)}!`;
  if (type.kind === "LIST") return `[${print(type.ofType)}]`;
  return type.name;
}
