// Builds and updates elements. Every string becomes a text node, so nothing that a client sends is read as HTML.

/** Format characters, and control characters except tabs and line feeds. */
const UNSEEN = /[\p{Cf}\u2028\u2029\u0000-\u0008\u000b-\u001f\u007f-\u009f]/gu;

/**
 * A text in which the characters that are not seen, but can change what is seen around them, are escaped. The escapes are those of
 * JSON, so that a copy means the same.
 */
function visible(text) {
  return String(text).replace(UNSEEN, (letter) =>
    Array.from({ length: letter.length }, (_, index) => `\\u${letter.charCodeAt(index).toString(16).padStart(4, "0")}`).join(""));
}

/** An element with properties and children. `on…` properties are event listeners, all others are attributes. */
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : visible(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : visible(child));
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
  const string = visible(text ?? "");
  if (element.textContent !== string) element.textContent = string;
}

export function button(label, action, properties = {}) {
  return el("button", { type: "button", onclick: action, ...properties }, label);
}

/** Disables a button or enables it. If a disabled one has the focus, `other` gets it. */
export function setDisabled(element, isDisabled, other) {
  const loses = isDisabled && element === document.activeElement;
  element.disabled = isDisabled;
  if (loses) other.focus();
}

/** A sentence in which backticks mark code. */
export function prose(text) {
  return (text ?? "").split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));
}

/**
 * A field for a whole number, with a message beside it while the number is invalid. `read` returns the number, or null after it has
 * shown the message.
 */
export function numberField({ id, label, unit, min, max, value }) {
  const problem = el("span", { class: "problem", id: `${id}-problem`, role: "alert" });
  const input = el("input", { type: "number", id, min, max, step: 1, value, "aria-describedby": problem.id });
  const check = () => {
    const number = input.value.trim() === "" ? NaN : Number(input.value);
    const isValid = Number.isInteger(number) && number >= min && number <= max;
    setText(problem, isValid ? "" : `Enter a whole number from ${min} to ${max.toLocaleString("en")}.`);
    if (isValid) input.removeAttribute("aria-invalid");
    else input.setAttribute("aria-invalid", "true");
    return isValid ? number : null;
  };
  // The message appears when the number is used, and disappears as soon as it is valid.
  input.addEventListener("input", () => problem.textContent && check());
  return {
    root: el("span", { class: "field" }, el("label", { for: id }, label, input, unit), problem),
    read() {
      const number = check();
      if (number === null) input.focus();
      return number;
    },
  };
}

export function badge(kind, text) {
  return el("span", { class: `badge ${kind}` }, text);
}

/** Shows a text in the line below the page. */
function announce(text) {
  document.dispatchEvent(new CustomEvent("announce", { detail: text }));
}

/** A block of code with a button that copies it. */
export function codeBlock(text, label) {
  const code = el("pre", { tabindex: 0, "aria-label": label }, el("code", {}, text));
  const copy = button("Copy", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      copy.textContent = "Copied";
      announce(`Copied: ${label}.`);
    } catch {
      // Without the permission, the code is selected, so that a key copies it.
      getSelection().selectAllChildren(code);
      copy.textContent = "Press Ctrl-C";
      announce("The browser does not let the page copy. The text is selected: press Ctrl-C.");
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
  const known = pairs.filter(([, value]) => value !== undefined && value !== null && value !== false && value !== "");
  return el("dl", {}, known.map(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]));
}

/** What to do while there is nothing to show. */
export function emptyState(title, text, ...more) {
  return el("div", { class: "empty" }, el("h3", {}, title), el("p", {}, text), more);
}

/**
 * A list of rows with keys, whose rows are updated in place. While the pointer or the focus is in the list, new rows wait, so that
 * nothing moves under the pointer; `onHeld` gets their number. If the row with the focus is removed, the row that follows gets the
 * focus, or the one before it, or `fallback`.
 */
export class KeyedList {
  constructor(container, { render, holds = false, onHeld = () => {}, fallback = null }) {
    this.container = container;
    this.render = render;
    this.rows = new Map();
    this.holds = holds;
    this.onHeld = onHeld;
    this.fallback = fallback;
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
    const focused = [...this.container.children].findIndex((row) => row.contains(document.activeElement));
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
    if (focused >= 0 && !this.container.contains(document.activeElement)) {
      const rows = this.container.children;
      const row = rows[Math.min(focused, rows.length - 1)];
      (row?.querySelector("button, select") ?? this.fallback)?.focus();
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
