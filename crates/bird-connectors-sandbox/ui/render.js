// Builds and updates elements. Every string becomes a text node, so nothing that a client sends is read as HTML.

/** An element with properties and children. `on…` properties are event listeners, all others are attributes. */
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Replaces the children of an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Sets the text of an element, and touches the document only if it differs. */
export function setText(element, text) {
  const string = String(text ?? "");
  if (element.textContent !== string) element.textContent = string;
}

export function button(label, action, properties = {}) {
  return el("button", { type: "button", onclick: action, ...properties }, label);
}

export function badge(kind, text) {
  return el("span", { class: `badge ${kind}` }, text);
}

/** A block of code with a button that copies it. */
export function codeBlock(text, label) {
  const code = el("pre", { tabindex: 0, "aria-label": label }, el("code", {}, text));
  const copy = button("Copy", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      copy.textContent = "Copied";
    } catch {
      // Without the permission, the code is selected, so that a key copies it.
      getSelection().selectAllChildren(code);
      copy.textContent = "Press Ctrl-C";
    }
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  }, { class: "copy", "aria-label": `Copy ${label}` });
  return el("div", { class: "code" }, copy, code);
}

export function jsonBlock(value, label) {
  return codeBlock(JSON.stringify(value, null, 2), label);
}

/** Pairs of a term and a description. Descriptions that are missing are left out. */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return el("dl", {}, known.map(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]));
}

/** What to do while there is nothing to show. */
export function emptyState(title, text, ...more) {
  return el("div", { class: "empty" }, el("h3", {}, title), el("p", {}, text), more);
}

/**
 * A list of rows with keys, whose rows are updated in place. While the pointer or the focus is in the list, new rows wait, so that
 * nothing moves under the pointer; `onHeld` gets their number.
 */
export class KeyedList {
  constructor(container, { render, holds = false, onHeld = () => {} }) {
    this.container = container;
    this.render = render;
    this.rows = new Map();
    this.holds = holds;
    this.onHeld = onHeld;
    this.inside = false;
    this.waiting = null;
    if (holds) {
      container.addEventListener("pointerenter", (event) => (this.inside = event.pointerType === "mouse"));
      container.addEventListener("pointerleave", () => this.release());
      container.addEventListener("focusin", () => (this.inside = true));
      container.addEventListener("focusout", (event) => {
        if (!container.contains(event.relatedTarget)) this.release();
      });
    }
  }

  release() {
    this.inside = false;
    if (this.waiting) this.update(this.waiting);
  }

  /** Shows these items, each of which has a `key`. A function `same` compares two versions of an item. */
  update(items, force = false) {
    if (this.holds && this.inside && !force && this.rows.size > 0) {
      let waiting = 0;
      for (const item of items) {
        if (this.rows.has(item.key)) this.change(item);
        else waiting += 1;
      }
      this.waiting = items;
      this.onHeld(waiting);
      return;
    }
    this.waiting = null;
    this.onHeld(0);
    const keys = new Set(items.map((item) => item.key));
    for (const [key, row] of this.rows) {
      if (!keys.has(key)) {
        row.element.remove();
        this.rows.delete(key);
      }
    }
    let previous = null;
    for (const item of items) {
      const element = this.change(item);
      // Read after the change, which can replace the element.
      const next = previous ? previous.nextElementSibling : this.container.firstElementChild;
      if (element !== next) this.container.insertBefore(element, next);
      previous = element;
    }
  }

  /** Updates one row, or creates it. */
  change(item) {
    const known = this.rows.get(item.key);
    if (known?.item === item) return known.element;
    const element = this.render(item, known?.element);
    if (known && known.element !== element) known.element.replaceWith(element);
    this.rows.set(item.key, { item, element });
    return element;
  }
}

/** Milliseconds as people read them. */
export function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "";
  if (milliseconds < 10) return `${milliseconds.toFixed(milliseconds < 1 ? 2 : 1)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const minutes = milliseconds / 60_000;
  return minutes < 60 ? `${minutes.toFixed(1)} min` : `${(minutes / 60).toFixed(1)} h`;
}
