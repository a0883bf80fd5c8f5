//! The client: `client.rs`.

use anyhow::{Context as _, Result};
use quote::{ToTokens as _, format_ident};
use syn::{
    Attribute, Block, Expr, ExprLit, ExprPath, FieldValue, File, FnArg, ImplItem, ImplItemFn, Item,
    ItemImpl, ItemMod, Lit, LitStr, Macro, Stmt, Token, Visibility, parse_quote,
    punctuated::Punctuated,
    visit_mut::{VisitMut, visit_block_mut, visit_expr_mut},
};

use crate::ids::TypedId;
use crate::operations::Operation;
use crate::syntax::docs::comment;

/// Splits progenitor's file into its module `types` and the client. The module `prelude`, which has one name, is dropped.
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
        .context("progenitor generated no module `types`")?;
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

/// Removes `Client::new`, which builds its own HTTP client and panics if no TLS provider is installed.
pub(crate) fn remove_panicking_constructor(client: &mut File) {
    for item in &mut client.items {
        if let Item::Impl(ItemImpl {
            trait_: None,
            items,
            ..
        }) = item
        {
            items.retain(
                |item| !matches!(item, ImplItem::Fn(function) if function.sig.ident == "new"),
            );
        }
    }
}

/// Replaces the contract's introduction with the documentation of the client, and makes progenitor's imports private.
pub(crate) fn describe(client: &mut File) {
    for item in &mut client.items {
        match item {
            Item::Use(item) => item.vis = Visibility::Inherited,
            Item::Struct(item) => {
                item.attrs
                    .retain(|attribute| !attribute.path().is_ident("doc"));
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

The client builds requests and reads replies; a [`Transport`](crate::Transport) sends them. A clone is cheap.";

const CONSTRUCTOR: &str = "Creates a client.

`baseurl` is prepended to every path unchanged: it must not have a trailing slash, a query or a fragment. `client` only
builds requests; `inner` sends them.";

/// Passes the contract's `operationId` to the hooks, where progenitor passes the name of the function. The table of
/// operations is keyed by `operationId`.
pub(crate) fn use_contract_operation_ids(client: &mut File, operations: &[Operation]) {
    Rename(operations).visit_file_mut(client);
}

struct Rename<'a>(&'a [Operation]);

impl VisitMut for Rename<'_> {
    fn visit_field_value_mut(&mut self, field: &mut FieldValue) {
        if let syn::Member::Named(name) = &field.member
            && name == "operation_id"
            && let Expr::Lit(ExprLit {
                lit: Lit::Str(id), ..
            }) = &mut field.expr
            && let Some(operation) = self
                .0
                .iter()
                .find(|operation| operation.rust_name == id.value())
        {
            *id = LitStr::new(&operation.id, id.span());
        }
    }
}

/// Replaces progenitor's decoder of replies, which validates the UTF-8 of every string, with the decoder of the raw layer,
/// which validates the whole reply once.
pub(crate) fn replace_reply_reader(client: &mut File) {
    ReplaceReader.visit_file_mut(client);
}

struct ReplaceReader;

impl VisitMut for ReplaceReader {
    fn visit_expr_path_mut(&mut self, path: &mut ExprPath) {
        let names = path.path.segments.iter().map(|segment| &segment.ident);
        if names.eq(["ResponseValue", "from_response"]) {
            *path = parse_quote!(crate::response::read);
        }
    }
}

/// Writes typed ids into URLs as they are: a UUID needs no percent-encoding, which took 5 % of the instructions of a small
/// request.
pub(crate) fn write_ids_directly(client: &mut File, ids: &[TypedId]) {
    WriteIds { ids }.visit_file_mut(client);
}

struct WriteIds<'a> {
    ids: &'a [TypedId],
}

impl VisitMut for WriteIds<'_> {
    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        let parameters = function.sig.inputs.iter();
        let names = parameters.filter_map(|parameter| match parameter {
            FnArg::Typed(parameter) => {
                let ty = parameter.ty.to_token_stream().to_string();
                let is_id = |id: &TypedId| ty.rsplit(' ').next() == Some(&id.name);
                let name = parameter.pat.to_token_stream().to_string();
                self.ids.iter().any(is_id).then_some(name)
            }
            FnArg::Receiver(_) => None,
        });
        let names = names.collect();
        WritePlain { names }.visit_impl_item_fn_mut(function);
    }
}

/// Replaces `encode_path(&id.to_string())` in the arguments of `format!` by `id`.
struct WritePlain {
    names: Vec<String>,
}

impl VisitMut for WritePlain {
    fn visit_macro_mut(&mut self, call: &mut Macro) {
        if !call.path.is_ident("format") {
            return;
        }
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let Ok(mut arguments) = call.parse_body_with(parser) else {
            return;
        };
        for argument in &mut arguments {
            let source = argument.to_token_stream().to_string().replace(' ', "");
            let encoded = |name: &&String| source == format!("encode_path(&{name}.to_string())");
            if let Some(name) = self.names.iter().find(encoded) {
                let name = format_ident!("{name}");
                *argument = parse_quote!(#name);
            }
        }
        call.tokens = arguments.to_token_stream();
    }
}

/// Removes the `api-version` header, in which progenitor sends the version of the contract: the API does not know it.
pub(crate) fn remove_version_header(client: &mut File) {
    RemoveVersion.visit_file_mut(client);
}

struct RemoveVersion;

impl VisitMut for RemoveVersion {
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
        // A map that also has other headers is kept.
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
            RemoveMap.visit_block_mut(block);
        }
        visit_block_mut(self, block);
    }
}

struct RemoveMap;

impl VisitMut for RemoveMap {
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
mod tests;
