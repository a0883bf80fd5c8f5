//! The files of the page, which are part of the program.

use crate::api::response::Response;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! assets {
    ($($path:literal $content_type:ident,)*) => {
        /// Path, content type and content of each file.
        const ASSETS: &[(&str, &str, &str)] = &[
            ("/", HTML, include_str!("../../ui/index.html")),
            $((concat!("/", $path), $content_type, include_str!(concat!("../../ui/", $path))),)*
        ];
    };
}

assets! {
    "actions.js" SCRIPT,
    "clock.js" SCRIPT,
    "details.js" SCRIPT,
    "icon.svg" SVG,
    "main.js" SCRIPT,
    "pages/clock.js" SCRIPT,
    "pages/connectors.js" SCRIPT,
    "pages/faults.js" SCRIPT,
    "pages/limits.js" SCRIPT,
    "pages/requests.js" SCRIPT,
    "pages/test.js" SCRIPT,
    "pages/webhooks.js" SCRIPT,
    "render.js" SCRIPT,
    "selectable_list.js" SCRIPT,
    "snippets.js" SCRIPT,
    "store.js" SCRIPT,
    "style.css" CSS,
}

/// The file with this path.
pub(super) fn find(path: &str) -> Option<Response> {
    let mut assets = ASSETS.iter();
    let (_, content_type, content) = assets.find(|(known, _, _)| *known == path)?;
    Some(Response::text(200, *content_type, *content))
}
