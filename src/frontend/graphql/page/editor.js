// A place to write text in: line numbers, colours, sensible keys, and a list of what could follow.

const PAIRS = { "{": "}", "(": ")", "[": "]" };

const element = (name, properties = {}) => Object.assign(document.createElement(name), properties);

export class Editor {
  #lines = element("div", { className: "lines", ariaHidden: "true" });
  #shown = element("pre", { ariaHidden: "true" });
  #area = element("textarea", { spellcheck: false, autocapitalize: "off", autocomplete: "off", wrap: "off" });
  #list = element("ul", { className: "choices", hidden: true, role: "listbox" });
  #paint;
  #complete;
  #found = null;
  #leaves = false; // Whether the next Tab leaves the editor.

  /** In `place`. `paint` cuts a text into coloured tokens, `complete` tells what can follow. */
  constructor(place, { paint, complete = null, change = () => {} }) {
    this.#paint = paint;
    this.#complete = complete;
    this.#area.setAttribute("aria-label", place.dataset.label);
    this.#list.id = `${place.id}-choices`;
    const text = element("div", { className: "text" });
    text.append(this.#shown, this.#area, this.#list);
    place.append(this.#lines, text);
    this.#area.addEventListener("input", (event) => {
      this.#show();
      change();
      if (event.inputType === "insertText" && /\w/.test(event.data ?? "")) this.#offer(false);
      else this.#close();
    });
    this.#area.addEventListener("scroll", () => this.#follow());
    this.#area.addEventListener("keydown", (event) => this.#key(event));
    this.#area.addEventListener("blur", () => this.#close());
    this.#area.addEventListener("click", () => this.#close());
    this.#list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const item = event.target.closest("li");
      if (item) this.#take([...this.#list.children].indexOf(item));
    });
    this.#show();
  }

  get text() {
    return this.#area.value;
  }

  /** Puts another text in, so that it can be undone. */
  set text(text) {
    if (text === this.#area.value) return;
    this.#replace(0, this.#area.value.length, text);
    this.#area.setSelectionRange(0, 0);
    this.#area.scrollTop = 0;
  }

  get place() {
    return this.#area.selectionStart;
  }

  focus() {
    this.#area.focus();
  }

  #show() {
    const text = this.#area.value;
    const spans = this.#paint(text).map(({ kind, text }) =>
      kind === "blank" || kind === "plain" || kind === "punctuator" ? text : element("span", { className: `t-${kind}`, textContent: text }));
    // The last line of a `pre` is not there if it is empty.
    this.#shown.replaceChildren(...spans, "\n");
    const count = text.split("\n").length;
    this.#lines.textContent = Array.from({ length: count }, (_, line) => line + 1).join("\n");
    this.#follow();
  }

  #follow() {
    const { scrollTop, scrollLeft } = this.#area;
    this.#shown.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
    this.#shown.style.overflow = "visible";
    this.#lines.scrollTop = scrollTop;
  }

  /** Replaces a part of the text as if it had been typed, which the browser can undo. */
  #replace(from, to, text) {
    const active = document.activeElement;
    this.#area.focus();
    this.#area.setSelectionRange(from, to);
    const done = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
    if (!done && this.#area.value.slice(from, from + text.length) !== text) {
      this.#area.setRangeText(text, from, to, "end");
      this.#area.dispatchEvent(new Event("input"));
    }
    if (active && active !== this.#area && active !== document.body) active.focus();
  }

  #key(event) {
    const area = this.#area;
    const { selectionStart: from, selectionEnd: to, value } = area;
    const { key } = event;
    if (!this.#list.hidden && this.#choose(event)) return event.preventDefault();
    if (key === "Escape") {
      this.#leaves = true;
      return;
    }
    const leaves = this.#leaves;
    this.#leaves = false;
    if (event.isComposing || event.metaKey || event.altKey) return;
    if (event.ctrlKey) {
      if (key === " " && this.#complete) {
        event.preventDefault();
        this.#offer(true);
      } else if (key === "/") {
        event.preventDefault();
        this.#comment();
      }
      return;
    }
    const start = value.lastIndexOf("\n", from - 1) + 1;
    const indent = value.slice(start, from).match(/^ */)[0];
    if (key === "Tab" && !leaves) {
      event.preventDefault();
      if (event.shiftKey) {
        const less = value.slice(start).match(/^ {0,2}/)[0].length;
        if (less) {
          this.#replace(start, start + less, "");
          area.setSelectionRange(Math.max(start, from - less), Math.max(start, to - less));
        }
      } else this.#replace(from, to, "  ");
    } else if (key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      const opens = /[({[]\s*$/.test(value.slice(start, from));
      const closes = opens && /^[)}\]]/.test(value.slice(to));
      this.#replace(from, to, `\n${indent}${opens ? "  " : ""}${closes ? `\n${indent}` : ""}`);
      const place = from + 1 + indent.length + (opens ? 2 : 0);
      area.setSelectionRange(place, place);
    } else if (key in PAIRS && (from !== to || /^(\s|[)}\]]|$)/.test(value.slice(to)))) {
      event.preventDefault();
      this.#replace(from, to, key + value.slice(from, to) + PAIRS[key]);
      area.setSelectionRange(from + 1, to + 1);
    } else if (Object.values(PAIRS).includes(key) && from === to && value[from] === key) {
      event.preventDefault();
      area.setSelectionRange(from + 1, from + 1);
    } else if (key === "Backspace" && from === to && PAIRS[value[from - 1]] && PAIRS[value[from - 1]] === value[from]) {
      event.preventDefault();
      this.#replace(from - 1, from + 1, "");
    }
  }

  /** Makes the lines of the selection comments, or takes that away. */
  #comment() {
    const { selectionStart: from, selectionEnd: to, value } = this.#area;
    const start = value.lastIndexOf("\n", from - 1) + 1;
    const end = value.indexOf("\n", to) < 0 ? value.length : value.indexOf("\n", to);
    const lines = value.slice(start, end).split("\n");
    const all = lines.every((line) => /^\s*#/.test(line) || !line.trim());
    const changed = lines.map((line) => (all ? line.replace(/^(\s*)# ?/, "$1") : line.replace(/^(\s*)/, "$1# ")));
    this.#replace(start, end, changed.join("\n"));
  }

  #offer(isAsked) {
    const found = this.#complete?.(this.#area.value, this.place);
    if (!found?.choices.length || !(isAsked || found.isForced)) return this.#close();
    this.#found = found;
    const items = found.choices.map(({ text, about }) => {
      const item = element("li", { role: "option" });
      item.append(element("span", { textContent: text }), element("small", { textContent: about }));
      return item;
    });
    this.#list.replaceChildren(...items);
    this.#list.hidden = false;
    this.#mark(0);
    // Every character is as wide as any other.
    const style = getComputedStyle(this.#area);
    const before = this.#area.value.slice(0, found.from).split("\n");
    const canvas = element("canvas").getContext("2d");
    canvas.font = style.font;
    const left = 8 + canvas.measureText("m").width * before.at(-1).length - this.#area.scrollLeft;
    const top = 8 + parseFloat(style.lineHeight) * before.length - this.#area.scrollTop;
    const room = this.#area.clientHeight - top < 120 && top > 220;
    this.#list.style.left = `${Math.max(0, Math.min(left, this.#area.clientWidth - 230))}px`;
    this.#list.style.top = room ? "auto" : `${top}px`;
    this.#list.style.bottom = room ? `${this.#area.clientHeight - top + 24}px` : "auto";
    this.#area.setAttribute("aria-controls", this.#list.id);
  }

  #mark(place) {
    [...this.#list.children].forEach((item, index) => {
      item.ariaSelected = String(index === place);
      if (index === place) item.scrollIntoView({ block: "nearest" });
    });
  }

  /** Whether the key was for the list. */
  #choose({ key, ctrlKey }) {
    const items = [...this.#list.children];
    const marked = items.findIndex((item) => item.ariaSelected === "true");
    if (key === "ArrowDown") this.#mark((marked + 1) % items.length);
    else if (key === "ArrowUp") this.#mark((marked + items.length - 1) % items.length);
    else if ((key === "Enter" && !ctrlKey) || key === "Tab") this.#take(marked);
    else if (key === "Escape") this.#close();
    else return false;
    return true;
  }

  #take(place) {
    const { from, choices } = this.#found;
    const { text, after = "" } = choices[place];
    const to = this.place;
    this.#close();
    this.#replace(from, to, text + (this.#area.value.slice(to).startsWith(after.trim() || "\0") ? "" : after));
    this.#close();
  }

  #close() {
    this.#list.hidden = true;
    this.#found = null;
  }
}
