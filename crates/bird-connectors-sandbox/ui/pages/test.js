// Copy as test: the scene of this sandbox as Rust code, as a pytest fixture and as JSON.

import { action } from "../actions.js";
import { button, codeBlock, el, fill } from "../render.js";
import { read, store } from "../store.js";

export const id = "test";
export const title = "Copy as test";

const FORMS = [
  ["rust", "Rust", "A file for tests/ of a crate with the development dependencies bird-connectors-sandbox, serde_json and tokio."],
  ["pytest", "pytest", "A file for pytest. It needs the Python package bird-connectors."],
  ["file", "JSON", "A file for bird-connectors sandbox --scene FILE."],
];

export function mount(root) {
  const output = el("div", { class: "scene" });
  const help = el("p", { class: "hint" });
  let form = "rust";
  const stale = el("p", { class: "hint", role: "status" });
  let shown = null;
  /** The code that is shown, and the revision with which it was compared last. */
  let code = null;
  let revision = null;
  const tabs = FORMS.map(([name, label]) => button(label, action(() => {
    form = name;
    return load();
  }), { "aria-pressed": name === form, "data-form": name }));
  const reload = button("Refresh", action(async () => {
    await load();
    return "This is the scene now.";
  }));

  async function load() {
    revision = store.sceneRevision;
    const scene = await read("scene");
    for (const tab of tabs) tab.setAttribute("aria-pressed", tab.dataset.form === form);
    const [, label, text] = FORMS.find(([name]) => name === form);
    help.textContent = text;
    code = scene[form];
    stale.textContent = "";
    fill(output, codeBlock(code, `scene as ${label}`));
  }

  /** Says if the sandbox has changed since the code was shown. */
  async function compare() {
    if (code === null || revision === store.sceneRevision) return;
    revision = store.sceneRevision;
    const before = code;
    const now = (await read("scene"))[form];
    if (before === code) stale.textContent = now === code ? "" : "The sandbox has changed since: this is not its scene any more. Refresh shows it.";
  }

  root.append(
    el("p", {}, "The scene is the data, scripts, faults and readings of this sandbox at this moment. What has happened to an install by now happens at once in the copy. Signing keys are replaced, secrets are masked, and connectors that were deleted are left out."),
    el("div", { class: "actions" }, tabs, reload), help, stale, output);
  return {
    /** The sandbox has changed since the page was last shown. */
    shown() {
      shown = null;
    },
    update() {
      // Loaded each time the page is shown, and when the sandbox was restarted.
      if (shown === store.settings.instance) {
        compare().catch(() => {});
        return;
      }
      shown = store.settings.instance;
      load().catch((error) => (help.textContent = error.message));
    },
  };
}
