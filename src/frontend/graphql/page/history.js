// What was asked before, in the browser's own store. Headers are not kept: they may hold secrets.

const KEY = `graphql-history:${location.pathname}`;
const MOST = 30;

export class History {
  #list = document.querySelector("#history-list");
  #use;
  #all;

  /** `use` is given a request that somebody wants again. */
  constructor(use) {
    this.#use = use;
    this.#all = read(KEY) ?? [];
    document.querySelector("#history-clear").addEventListener("click", () => {
      this.#all = [];
      this.#keep();
    });
    this.#show();
  }

  add(request) {
    const same = (one) => one.query === request.query && one.variables === request.variables;
    this.#all = [request, ...this.#all.filter((one) => !same(one))].slice(0, MOST);
    this.#keep();
  }

  #keep() {
    write(KEY, this.#all);
    this.#show();
  }

  #show() {
    const items = this.#all.map((request) => {
      const button = document.createElement("button");
      const text = document.createElement("small");
      text.textContent = request.query.replace(/\s+/g, " ");
      button.append(request.name || "without a name", text);
      button.addEventListener("click", () => this.#use(request));
      const item = document.createElement("li");
      item.append(button);
      return item;
    });
    this.#list.replaceChildren(...items);
  }
}

/** A value of the store; nothing where there is none, or no store. */
export function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

export function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // It is full, or the browser keeps none: the page works without.
  }
}
