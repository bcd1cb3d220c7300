//! The OpenRPC document, `docs/openrpc.json`. It is generated from the trait files and the types by this module's
//! tests, which fail when the file isn't what they generate.

/// The document as it is committed and as `rpc.discover` gives it.
pub(crate) const DOCUMENT: &str = include_str!("../../docs/openrpc.json");

#[cfg(test)]
mod generate;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod traits;
