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
fn paths_of_the_own_crate_start_with_crate() {
    let mut ty: Type = parse_quote!(Option<::bird_connectors_api::Secret>);
    Inside.visit_type_mut(&mut ty);
    assert_eq!(
        ty.to_token_stream().to_string(),
        "Option < crate :: Secret >"
    );
}
