//! The limit of open files: every connection is one, and systems begin with few.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that the node has open besides RPC connections: the database's, the vote log's, the other nodes' sockets.
const OWN_FILES: u64 = 1_024;

/// Raises the soft limit to the hard one, says what it is, and warns where it is too low for so many connections.
pub(crate) fn raise_limit(connections_max: u32) {
    let before = getrlimit(Resource::Nofile);
    // None means without bound.
    if before.current != before.maximum {
        let wanted = Rlimit { current: before.maximum, maximum: before.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, wanted) {
            tracing::warn!(%error, "cannot raise the soft limit of open files to the hard one");
        }
    }
    let limit = getrlimit(Resource::Nofile).current;
    let wanted = u64::from(connections_max) + OWN_FILES;
    tracing::info!(limit = shown(limit), before = shown(before.current), "open files");
    if limit.is_some_and(|limit| limit < wanted) {
        tracing::warn!(
            limit = shown(limit),
            wanted,
            "the limit of open files is too low for as many RPC connections as are allowed: raise the hard limit \
             (ulimit -Hn, LimitNOFILE= of systemd) or lower --rpc-max-connections"
        );
    }
}

fn shown(limit: Option<u64>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        raise_limit(1);
        let limits = getrlimit(Resource::Nofile);
        assert_eq!(limits.current, limits.maximum);
    }
}
