//! The stores on real files: reopened, copied while in use, cut, flipped, given to the wrong chain.

mod base_path;
mod chain;
mod fixture;
mod history;
mod import;
mod ledger;
mod log;
