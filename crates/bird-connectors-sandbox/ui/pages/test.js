// Copy as test: the scene of this sandbox as Rust code, as a pytest fixture and as JSON.

import { action } from "../actions.js";
import { button, codeBlock, el, fill } from "../render.js";
import { read, store } from "../store.js";

export const id = "test";
export const title = "Copy as test";

const FORMS = [
  ["rust", "Rust", "A file for tests/ of a crate with the development dependencies bird-connectors-sandbox, serde_json and tokio."],
  ["pytest", "pytest", "A file for pytest. It needs the Python package bird-connectors."],
  ["json", "JSON", "A file for bird-connectors sandbox --scene FILE."],
];

export function mount(root) {
  const output = el("div", { class: "scene" });
  const help = el("p", { class: "hint" });
  let form = "rust";
  let shown = null;
  const tabs = FORMS.map(([name, label]) => button(label, action(() => {
    form = name;
    return load();
  }), { "aria-pressed": name === form, "data-form": name }));
  const reload = button("Refresh", action(async () => {
    await load();
    return "This is the scene now.";
  }));

  async function load() {
    const scene = await read("scene");
    for (const tab of tabs) tab.setAttribute("aria-pressed", tab.dataset.form === form);
    const [, label, text] = FORMS.find(([name]) => name === form);
    help.textContent = text;
    const code = form === "json" ? JSON.stringify(scene.json, null, 2) : scene[form];
    fill(output, codeBlock(code, `scene as ${label}`));
  }

  root.append(
    el("p", {}, "The scene is the data, scripts, faults and readings of this sandbox at this moment. What has happened to an install by now happens at once in the copy. Signing keys are replaced, secrets are masked."),
    el("div", { class: "actions" }, tabs, reload), help, output);
  return {
    /** The sandbox has changed since the page was last shown. */
    shown() {
      shown = null;
    },
    update() {
      // Loaded each time the page is shown, and when the sandbox was restarted.
      if (shown === store.settings.instance) return;
      shown = store.settings.instance;
      load().catch((error) => (help.textContent = error.message));
    },
  };
}
