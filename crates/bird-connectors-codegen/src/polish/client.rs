//! The client's own file.

use anyhow::{Context as _, Result};
use quote::ToTokens as _;
use syn::{
    Attribute, Block, Expr, ExprLit, ExprPath, FieldValue, File, ImplItem, Item, ItemImpl, ItemMod,
    Lit, LitStr, Stmt, Visibility, parse_quote,
    visit_mut::{VisitMut, visit_block_mut, visit_expr_mut},
};

use super::docs::comment;
use crate::operations::Operation;

/// Takes the module `types` out of progenitor's file. Its `prelude`, of one name, goes.
pub(crate) fn split(raw: File) -> Result<(File, File)> {
    let (modules, mut items): (Vec<Item>, Vec<Item>) = raw
        .items
        .into_iter()
        .partition(|item| matches!(item, Item::Mod(_)));
    let types = modules
        .into_iter()
        .find_map(|item| match item {
            Item::Mod(ItemMod {
                ident,
                content: Some((_, items)),
                ..
            }) if ident == "types" => Some(items),
            _ => None,
        })
        .context("progenitor generated no module of types")?;
    items.insert(
        0,
        parse_quote!(
            use crate::types;
        ),
    );
    Ok((file(types), file(items)))
}

fn file(items: Vec<Item>) -> File {
    File {
        shebang: None,
        attrs: Vec::<Attribute>::new(),
        items,
    }
}

/// Removes `Client::new`: it builds an HTTP client of its own, and panics where no TLS provider is installed.
pub(crate) fn remove_panicking_constructor(client: &mut File) {
    for item in &mut client.items {
        if let Item::Impl(ItemImpl {
            trait_: None,
            items,
            ..
        }) = item
        {
            items.retain(
                |one| !matches!(one, ImplItem::Fn(function) if function.sig.ident == "new"),
            );
        }
    }
}

/// Says what this client is, in place of the contract's introduction, and keeps progenitor's imports to itself.
pub(crate) fn introduce(client: &mut File) {
    for item in &mut client.items {
        match item {
            Item::Use(item) => item.vis = Visibility::Inherited,
            Item::Struct(item) => {
                item.attrs.retain(|one| !one.path().is_ident("doc"));
                item.attrs.insert(0, comment(CLIENT));
            }
            Item::Impl(ItemImpl { items, .. }) => {
                for function in items {
                    if let ImplItem::Fn(function) = function
                        && function.sig.ident == "new_with_client"
                    {
                        function.attrs = vec![comment(CONSTRUCTOR)];
                    }
                }
            }
            _ => {}
        }
    }
}

const CLIENT: &str = "One function for each operation of the contract.

The client builds requests and reads replies; a [`Transport`](crate::Transport) sends them. Cheap to clone.";

const CONSTRUCTOR: &str = "Makes a client.

`baseurl` is put before every path as it is: give it without a trailing slash, query or fragment. `client` only builds
requests; what sends them is `inner`.";

/// progenitor tells the hooks the name of the function; the contract's `operationId` is what it promises and what the
/// table of operations is keyed by.
pub(crate) fn name_operations_as_the_contract_does(client: &mut File, operations: &[Operation]) {
    Rename(operations).visit_file_mut(client);
}

struct Rename<'a>(&'a [Operation]);

impl VisitMut for Rename<'_> {
    fn visit_field_value_mut(&mut self, field: &mut FieldValue) {
        if let syn::Member::Named(name) = &field.member
            && name == "operation_id"
            && let Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) = &mut field.expr
            && let Some(operation) = self.0.iter().find(|one| one.rust_name == text.value())
        {
            *text = LitStr::new(&operation.id, text.span());
        }
    }
}

/// progenitor's reader checks every text of a reply on its own for being UTF-8; ours checks the reply once.
pub(crate) fn read_replies_at_once(client: &mut File) {
    Read.visit_file_mut(client);
}

struct Read;

impl VisitMut for Read {
    fn visit_expr_path_mut(&mut self, path: &mut ExprPath) {
        let names = path.path.segments.iter().map(|segment| &segment.ident);
        if names.eq(["ResponseValue", "from_response"]) {
            *path = parse_quote!(crate::reply::read);
        }
    }
}

/// progenitor sends the version of the contract in a header of its own, which the API does not know.
pub(crate) fn send_no_version(client: &mut File) {
    Version.visit_file_mut(client);
}

struct Version;

impl VisitMut for Version {
    fn visit_block_mut(&mut self, block: &mut Block) {
        let is_map = |expr: &Expr| expr.to_token_stream().to_string() == "header_map";
        let filled: Vec<_> = block
            .stmts
            .iter()
            .filter_map(|statement| match statement {
                Stmt::Expr(Expr::MethodCall(call), _) if is_map(&call.receiver) => Some(call),
                _ => None,
            })
            .collect();
        // A map that has other headers as well is left alone.
        if let [only] = filled[..]
            && only
                .args
                .to_token_stream()
                .to_string()
                .contains("\"api-version\"")
        {
            block.stmts.retain(|statement| match statement {
                Stmt::Local(local) => !local
                    .pat
                    .to_token_stream()
                    .to_string()
                    .ends_with("header_map"),
                Stmt::Expr(Expr::MethodCall(call), _) => !is_map(&call.receiver),
                _ => true,
            });
            WithoutMap.visit_block_mut(block);
        }
        visit_block_mut(self, block);
    }
}

struct WithoutMap;

impl VisitMut for WithoutMap {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_expr_mut(self, expr);
        if let Expr::MethodCall(call) = expr
            && call.method == "headers"
            && call.args.to_token_stream().to_string() == "header_map"
        {
            *expr = (*call.receiver).clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn raw() -> File {
        parse_quote! {
            pub mod types { pub struct A; }
            pub struct Client;
            impl Client {
                pub fn new() -> Self { build().unwrap() }
                pub fn new_with_client() -> Self { Client }
            }
            impl Client {
                fn get_a(&self) { OperationInfo { operation_id: "get_a" } }
            }
            pub mod prelude { pub use super::Client; }
        }
    }

    #[test]
    fn types_and_client_part() {
        let (types, client) = split(raw()).unwrap();
        assert_eq!(prettyplease::unparse(&types), "pub struct A;\n");
        let client = prettyplease::unparse(&client);
        assert!(
            client.starts_with("use crate::types;") && !client.contains("mod "),
            "{client}"
        );
    }

    #[test]
    fn a_file_without_types_is_an_error() {
        assert!(
            split(parse_quote!(
                pub struct Client;
            ))
            .is_err()
        );
    }

    #[test]
    fn the_constructor_that_panics_is_gone() {
        let (_, mut client) = split(raw()).unwrap();
        remove_panicking_constructor(&mut client);
        let source = prettyplease::unparse(&client);
        assert!(
            !source.contains("unwrap") && source.contains("new_with_client"),
            "{source}"
        );
    }

    #[test]
    fn the_client_is_introduced_in_our_words() {
        let mut client: File = parse_quote! {
            pub use progenitor_client::Error;
            /// The whole introduction of the contract.
            pub struct Client;
            impl Client {
                /// progenitor's words.
                pub fn new_with_client() {}
                /// Get a.
                pub fn get_a() {}
            }
        };
        introduce(&mut client);
        let source = prettyplease::unparse(&client);
        assert!(source.starts_with("use progenitor_client"), "{source}");
        assert!(
            !source.contains("introduction") && !source.contains("progenitor's"),
            "{source}"
        );
        assert!(
            source.contains("`baseurl`") && source.contains("Get a."),
            "{source}"
        );
    }

    #[test]
    fn hooks_are_told_the_id_of_the_contract() {
        let (_, mut client) = split(raw()).unwrap();
        let document = json!({"paths": {"/a": {"get": {"operationId": "getA", "summary": "A", "tags": ["a"]}}}});
        let operations = crate::operations::collect(&document).unwrap();
        name_operations_as_the_contract_does(&mut client, &operations);
        assert!(prettyplease::unparse(&client).contains("operation_id: \"getA\""));
    }
    #[test]
    fn replies_are_read_by_a_function_of_ours() {
        let mut client: File = parse_quote! {
            async fn get_a() { ResponseValue::from_response(response).await }
            async fn delete_a() { Ok(ResponseValue::empty(response)) }
        };
        read_replies_at_once(&mut client);
        let source = prettyplease::unparse(&client);
        assert!(
            source.contains("crate::reply::read(response).await")
                && source.contains("ResponseValue::empty(response)"),
            "{source}"
        );
    }

    #[test]
    fn no_version_is_sent_and_every_other_header_is() {
        let mut client: File = parse_quote! {
            async fn get_a() {
                let mut header_map = HeaderMap::with_capacity(1usize);
                header_map.append(HeaderName::from_static("api-version"), version());
                let mut request = self.client.get(url).headers(header_map).build()?;
            }
            async fn get_b() {
                let mut header_map = HeaderMap::with_capacity(2usize);
                header_map.append(HeaderName::from_static("api-version"), version());
                header_map.append("b", b);
                let mut request = self.client.get(url).headers(header_map).build()?;
            }
        };
        send_no_version(&mut client);
        let source = prettyplease::unparse(&client);
        let (a, b) = source.split_once("get_b").unwrap();
        assert!(!a.contains("header"), "{source}");
        assert!(a.contains("self.client.get(url).build()"), "{source}");
        assert!(
            b.contains("headers(header_map)") && b.contains("\"b\""),
            "{source}"
        );
    }
}
