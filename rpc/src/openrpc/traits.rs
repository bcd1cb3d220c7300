//! The trait files, read: which methods there are, what they take and give, and what is said of them.

use std::path::Path;

use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, FnArg, Item, ItemTrait, Lit, LitStr, Meta, Pat, ReturnType, Token, TraitItem, TraitItemFn, Type,
};

/// A method or subscription as its trait describes it.
pub(super) struct Method {
    /// Its whole name.
    pub(super) name: String,
    /// Other names of it.
    pub(super) aliases: Vec<String>,
    /// The doc comment.
    pub(super) text: String,
    /// Names and types, in order.
    pub(super) params: Vec<(String, Type)>,
    /// What it answers: of a subscription what its notifications hold.
    pub(super) result: Type,
    /// What makes it a subscription.
    pub(super) subscription: Option<Subscription>,
    /// Whether only the administration's listener answers it.
    pub(super) is_admin: bool,
}

/// The other names of a subscription.
pub(super) struct Subscription {
    /// The method of its notifications.
    pub(super) notification: String,
    /// The method that ends it.
    pub(super) unsubscribe: String,
    /// Other names of that.
    pub(super) aliases: Vec<String>,
}

/// The methods of all trait files, by name.
pub(super) fn read_all() -> Vec<Method> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
    let mut methods = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the trait files") {
        let path = entry.expect("a trait file").path();
        let text = std::fs::read_to_string(&path).expect("text");
        let is_admin = path.file_stem().is_some_and(|stem| stem == "admin");
        for item in syn::parse_file(&text).expect("it compiles").items {
            if let Item::Trait(item) = item {
                methods.extend(of_trait(&item, is_admin));
            }
        }
    }
    methods.sort_by(|left, right| left.name.cmp(&right.name));
    methods
}

fn of_trait(item: &ItemTrait, is_admin: bool) -> Vec<Method> {
    let (mut namespace, mut separator) = (String::new(), "_".to_owned());
    let attribute = attribute(&item.attrs, "rpc").expect("every trait here is a namespace");
    let read = attribute.parse_nested_meta(|meta| {
        if meta.path.is_ident("namespace") {
            namespace = meta.value()?.parse::<LitStr>()?.value();
        } else if meta.path.is_ident("namespace_separator") {
            separator = meta.value()?.parse::<LitStr>()?.value();
        }
        Ok(())
    });
    read.expect("the macro reads it, too");
    let full = |name: &str| format!("{namespace}{separator}{name}");
    let functions = item.items.iter().filter_map(|item| match item {
        TraitItem::Fn(function) => Some(function),
        _ => None,
    });
    functions.map(|function| of_function(function, &full, is_admin)).collect()
}

fn of_function(function: &TraitItemFn, full: &dyn Fn(&str) -> String, is_admin: bool) -> Method {
    let (text, params) = (doc(&function.attrs), params(function));
    let named = match attribute(&function.attrs, "method") {
        Some(attribute) => Named::read(attribute),
        None => Named::read(attribute(&function.attrs, "subscription").expect("each function is one or the other")),
    };
    let result = named.item.or_else(|| returned(function)).expect("each function gives something");
    let subscription = named.notification.map(|notification| Subscription {
        notification: full(&notification),
        unsubscribe: full(&named.unsubscribe),
        aliases: named.unsubscribe_aliases,
    });
    Method { name: full(&named.name), aliases: named.aliases, text, params, result, subscription, is_admin }
}

/// What stands in `#[method(…)]` or `#[subscription(…)]`.
#[derive(Default)]
struct Named {
    name: String,
    notification: Option<String>,
    aliases: Vec<String>,
    unsubscribe: String,
    unsubscribe_aliases: Vec<String>,
    item: Option<Type>,
}

impl Named {
    fn read(attribute: &Attribute) -> Self {
        let mut named = Self::default();
        let read = attribute.parse_nested_meta(|meta| {
            let name = meta.path.require_ident()?.to_string();
            match name.as_str() {
                "name" => {
                    let value = meta.value()?;
                    named.name = value.parse::<LitStr>()?.value();
                    if value.peek(Token![=>]) {
                        value.parse::<Token![=>]>()?;
                        named.notification = Some(value.parse::<LitStr>()?.value());
                    }
                }
                "aliases" => named.aliases = list(meta.value()?)?,
                "unsubscribe" => named.unsubscribe = meta.value()?.parse::<LitStr>()?.value(),
                "unsubscribe_aliases" => named.unsubscribe_aliases = list(meta.value()?)?,
                "item" => named.item = Some(meta.value()?.parse()?),
                _ => {}
            }
            Ok(())
        });
        read.expect("the macro reads it, too");
        named
    }
}

fn list(input: syn::parse::ParseStream<'_>) -> syn::Result<Vec<String>> {
    let content;
    syn::bracketed!(content in input);
    let names = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?;
    Ok(names.iter().map(LitStr::value).collect())
}

fn attribute<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.path().is_ident(name))
}

/// The doc comment as one text.
fn doc(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    attributes.iter().filter_map(line).collect::<Vec<_>>().join(" ")
}

fn params(function: &TraitItemFn) -> Vec<(String, Type)> {
    let param = |input: &FnArg| match input {
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(name) => Some((name.ident.to_string(), (*typed.ty).clone())),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    };
    function.sig.inputs.iter().filter_map(param).collect()
}

fn returned(function: &TraitItemFn) -> Option<Type> {
    match &function.sig.output {
        ReturnType::Type(_, found) => Some((**found).clone()),
        ReturnType::Default => None,
    }
}
