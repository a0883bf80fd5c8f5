// The details of the selected row, next to their list. On a narrow screen they cover the page, which is inert meanwhile.

import { button, el, fill, setText } from "./render.js";

/** The same width as in style.css. */
const narrow = matchMedia("(max-width: 860px)");

/** The details of the page that is shown, while they are open. */
let current = null;

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !current) return;
  // The key empties a search field first.
  if (event.target.type === "search" && event.target.value) return;
  current.close();
});

narrow.addEventListener("change", () => current?.cover());

export class Details {
  /** `hint` is shown while nothing is selected. `onClose` ends the selection, and returns the element that gets the focus. */
  constructor({ label, hint, onClose }) {
    this.hint = hint;
    this.onClose = onClose;
    this.title = el("h3", { tabindex: -1 });
    this.head = el("div", { class: "title" }, this.title, button("Close", () => this.close(), { class: "close" }));
    this.content = el("div");
    this.root = el("aside", { class: "details", "aria-label": label });
    this.isOpen = false;
    /** The row that a key has selected, whose details are not open yet. */
    this.origin = null;
    /** What is inert because of these details. */
    this.covered = [];
    this.clear();
  }

  /** Shows details. If an element that had the focus is replaced, the title gets it. */
  open(title, ...children) {
    const hadFocus = this.content.contains(document.activeElement);
    setText(this.title, title);
    fill(this.content, ...children);
    if (!this.isOpen) {
      this.isOpen = true;
      fill(this.root, this.head, this.content);
      this.root.classList.add("open");
    }
    this.shown();
    const isExpected = this.origin !== null && this.origin === document.activeElement;
    this.origin = null;
    if (isExpected || (hadFocus && !this.content.contains(document.activeElement))) this.title.focus();
  }

  /** The title gets the focus when the details of this row are open, unless it has left the row by then. */
  focusAfter(row, isSame) {
    if (isSame && this.isOpen) this.title.focus();
    else this.origin = row;
  }

  /** Shows the hint, or why the details cannot be read. */
  clear(text = this.hint) {
    const hadFocus = this.root.contains(document.activeElement);
    this.isOpen = false;
    this.origin = null;
    this.hidden();
    this.root.classList.remove("open");
    fill(this.root, el("p", { class: "hint" }, text));
    if (hadFocus) document.getElementById("main").focus();
  }

  close() {
    const hadFocus = this.root.contains(document.activeElement) || document.activeElement === document.body;
    const row = this.onClose();
    if (hadFocus) row?.focus();
  }

  /** Their page is shown. */
  shown() {
    if (!this.isOpen || !this.root.isConnected) return;
    current = this;
    this.cover();
  }

  /** Their page is no longer shown. */
  hidden() {
    if (current === this) current = null;
    this.uncover();
  }

  /** On a narrow screen, nothing behind the details can be reached. */
  cover() {
    if (!narrow.matches) return this.uncover();
    if (this.covered.length > 0) return;
    for (let inside = this.root; inside !== document.body; inside = inside.parentElement) {
      const others = [...inside.parentElement.children].filter((other) => other !== inside && other.localName !== "footer" && !other.inert);
      this.covered.push(...others);
    }
    for (const other of this.covered) other.inert = true;
    this.root.setAttribute("role", "dialog");
    this.root.setAttribute("aria-modal", "true");
    this.title.focus();
  }

  uncover() {
    for (const other of this.covered.splice(0)) other.inert = false;
    this.root.removeAttribute("role");
    this.root.removeAttribute("aria-modal");
  }
}
