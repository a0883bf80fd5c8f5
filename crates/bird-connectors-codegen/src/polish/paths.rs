//! Shorter paths: generated code spells everything from the root, which nobody wants to read.

use syn::{
    Path,
    visit_mut::{VisitMut, visit_path_mut},
};

use crate::API_PATH;

/// Shortens what the standard prelude names: `::std::option::Option` to `Option`.
pub(crate) struct Prelude;

impl VisitMut for Prelude {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_path_mut(self, path);
        let names: Vec<String> = path
            .segments
            .iter()
            .map(|one| one.ident.to_string())
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

/// Turns `::bird_connectors_api::x` into `crate::x`, for code that lives in that crate.
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
mod tests {
    use quote::ToTokens as _;
    use syn::{Type, parse_quote};

    use super::*;

    #[test]
    fn only_prelude_names_are_shortened() {
        let mut ty: Type = parse_quote!(::std::option::Option<::std::vec::Vec<::uuid::Uuid>>);
        Prelude.visit_type_mut(&mut ty);
        assert_eq!(
            ty.to_token_stream().to_string(),
            "Option < Vec < :: uuid :: Uuid > >"
        );
    }

    #[test]
    fn the_crate_calls_itself_crate() {
        let mut ty: Type = parse_quote!(Option<::bird_connectors_api::Secret>);
        Inside.visit_type_mut(&mut ty);
        assert_eq!(
            ty.to_token_stream().to_string(),
            "Option < crate :: Secret >"
        );
    }
}
