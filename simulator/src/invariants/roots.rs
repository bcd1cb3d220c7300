//! One state: whoever executed block n found the same root, and headers name that root.
//!
//! design.md 4, "state_root"; the issue: all derived equally on the validators.

use std::collections::BTreeMap;

use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::{ExecuteJob, Executed};

use super::{Check, Violation};

#[derive(Debug, Default)]
pub(super) struct Roots {
    roots: BTreeMap<BlockNumber, H256>,
}

impl Roots {
    pub(super) fn on_executed(&mut self, who: usize, Executed { number, root }: Executed) -> Check {
        let known = *self.roots.entry(number).or_insert(root);
        if known == root {
            return Ok(());
        }
        let what = format!("after block {number} member {who} has root {root}, another one had {known}");
        Err(Violation::new("roots", what))
    }

    pub(super) fn on_final(&self, who: usize, job: &ExecuteJob) -> Check {
        let Ok(pre) = job.header.pre_runtime() else {
            return Err(Violation::new("roots", format!("block {} has no consensus data", job.header.number)));
        };
        match self.roots.get(&pre.executed) {
            Some(known) if *known != job.header.state_root => {
                let what = format!(
                    "block {} of member {who} names root {} after block {}, which gave {known}",
                    job.header.number, job.header.state_root, pre.executed
                );
                Err(Violation::new("roots", what))
            }
            _ => Ok(()),
        }
    }

    /// A member objects to a primary's root. Where there are liars that may be one of theirs.
    pub(super) fn on_diverged(
        &self,
        who: usize,
        number: BlockNumber,
        (here, there): (H256, H256),
        liars: bool,
    ) -> Check {
        if liars && self.roots.get(&number) != Some(&there) {
            return Ok(());
        }
        let what = format!("member {who} has root {here} after block {number}, a primary names {there}");
        Err(Violation::new("roots", what))
    }
}
