//! Shorter paths: typify and progenitor write every path in full.

use syn::{
    Path,
    visit_mut::{VisitMut, visit_path_mut},
};

use crate::layout::API_PATH;

/// Shortens the names of the standard prelude: `::std::option::Option` becomes `Option`.
pub(crate) struct Prelude;

impl VisitMut for Prelude {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_path_mut(self, path);
        let names: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if path.leading_colon.is_some()
            && matches!(
                names[..],
                ["std", "option", "Option"]
                    | ["std", "string", "String"]
                    | ["std", "vec", "Vec"]
                    | ["std", "convert", "From"]
            )
        {
            drop_segments(path, 2);
        }
    }
}

/// Replaces `::bird_connectors_api::x` with `crate::x` in the sources of that crate.
pub(crate) struct Inside;

impl VisitMut for Inside {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_path_mut(self, path);
        if let Some(first) = path.segments.first_mut()
            && path.leading_colon.is_some()
            && first.ident == API_PATH
        {
            first.ident = syn::Ident::new("crate", first.ident.span());
            path.leading_colon = None;
        }
    }
}

fn drop_segments(path: &mut Path, count: usize) {
    path.leading_colon = None;
    path.segments = std::mem::take(&mut path.segments)
        .into_iter()
        .skip(count)
        .collect();
}

#[cfg(test)]
mod tests;
