// A list of rows with the details of the selected one: what the pages of connectors, requests and webhooks share.

import { action, report } from "./actions.js";
import { Details } from "./details.js";
import { button, el, fill, KeyedList, setText } from "./render.js";
import { read, store } from "./store.js";

/** At most this many rows are in the document, and as many more after each "Show older". */
const ROWS = 200;

/** The keys that move the focus to another row. */
const MOVES = {
  ArrowDown: (rows, index) => rows[index + 1],
  ArrowUp: (rows, index) => rows[index - 1],
  Home: (rows) => rows[0],
  End: (rows) => rows.at(-1),
};

export class SelectableList {
  /**
   * `label` and `hint` are those of the details. `render` returns the content of a row. `onChange` shows the page again, after
   * another row was selected or older rows are needed. `loadOlder` reads the rows that no event has brought.
   */
  constructor({ label, hint, render, onChange, loadOlder = () => {} }) {
    this.onChange = onChange;
    this.loadOlder = loadOlder;
    this.limit = ROWS;
    /** The sandbox that the rows are of. */
    this.instance = null;
    /** The key of the selected row. */
    this.selected = null;
    this.held = el("span", { class: "minor held" });
    this.rows = el("ul", { class: "rows" });
    this.remark = el("span", { class: "minor" });
    this.more = button("Show older", action(() => this.showOlder()));
    this.older = el("div", { class: "older" }, this.more, this.remark);
    this.scroller = el("div", { class: "list", tabindex: -1 }, this.rows, this.older);
    this.scroller.addEventListener("keydown", (event) => this.move(event));
    this.details = new Details({ label, hint, onClose: () => this.deselect() });
    this.root = el("div", { class: "split" }, this.scroller, this.details.root);
    this.list = new KeyedList(this.rows, {
      render: (item, old) => this.row(item, old, render),
      holds: true,
      onHeld: (number) => setText(this.held, number ? `${number} new, shown when you leave the list` : ""),
    });
  }

  row(item, old, render) {
    const element = old ?? el("li");
    // A key that selects a row is a click without a button of the mouse.
    const open = element.querySelector("button") ?? button("", (event) => this.select(item.key, event.detail === 0), { class: "row" });
    fill(open, render(item));
    if (!old) element.append(open);
    return element;
  }

  /** The button of the selected row, if it is in the list. */
  selectedRow() {
    return this.list.rows.get(this.selected)?.element.querySelector("button");
  }

  select(key, byKey) {
    if (byKey) this.details.focusAfter(document.activeElement, key === this.selected);
    this.selected = key;
    this.onChange();
  }

  /** Returns the element that gets the focus. */
  deselect() {
    const row = this.selectedRow();
    this.selected = null;
    this.onChange();
    return row ?? this.scroller;
  }

  /** Reads the details of an item. Null if they cannot be read, which is then shown, or if another one is selected by now. */
  async readSelected(item, path) {
    let full = null;
    try {
      full = await read(path);
    } catch (error) {
      if (item.key !== this.selected) return null;
      this.details.clear(error.message);
      // On a narrow screen, details are hidden unless they are open.
      report(error.message, true);
    }
    return item.key === this.selected ? full : null;
  }

  /**
   * Shows these items, the newest first, and marks the selected one. `remark` describes what is shown of all, by the number of
   * rows. `hasOlder` says that `loadOlder` can read more of them.
   */
  update(items, { remark, hasOlder = false, force = false }) {
    if (this.instance !== store.settings.instance) {
      // A sandbox that was restarted can have other items with the same keys.
      this.instance = store.settings.instance;
      this.selected = null;
      this.reset();
    }
    const shown = items.slice(0, this.limit);
    this.list.update(shown, force);
    for (const [key, { element }] of this.list.rows) {
      element.classList.toggle("selected", key === this.selected);
      if (key === this.selected) element.firstElementChild.setAttribute("aria-current", "true");
      else element.firstElementChild.removeAttribute("aria-current");
    }
    this.older.hidden = !hasOlder && shown.length === items.length;
    setText(this.remark, remark(shown.length));
  }

  /** Shows older rows, the first of which gets the focus. */
  async showOlder() {
    const last = this.rows.lastElementChild;
    await this.loadOlder();
    this.limit += ROWS;
    this.onChange(true);
    const next = last?.isConnected ? last.nextElementSibling : this.rows.firstElementChild;
    (next?.querySelector("button") ?? this.scroller).focus();
    return this.remark.textContent;
  }

  /** Shows only the newest rows again. */
  reset() {
    this.limit = ROWS;
  }

  /** Moves the focus to another row, or to the button that shows older ones. */
  move(event) {
    const move = MOVES[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    const buttons = [...this.scroller.querySelectorAll("button")].filter((known) => known.checkVisibility());
    const index = buttons.indexOf(document.activeElement);
    if (index < 0) return;
    event.preventDefault();
    move(buttons, index)?.focus();
  }

  /** The page of this list is shown. */
  shown() {
    this.details.shown();
  }

  /** The page of this list is no longer shown. */
  hidden() {
    this.details.hidden();
    this.list.release();
  }
}
