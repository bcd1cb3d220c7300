//! The classes of calls: what a call costs, so that the dear ones can't crowd out the ones that matter.

/// How many classes there are.
pub(crate) const CLASSES: usize = 4;

/// What kind of work a call is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// Hands an extrinsic in.
    Submission,
    /// Reads a few records.
    Query,
    /// Reads as many records as one call may ask for, or calls into the runtime.
    Scan,
    /// Reads nothing from the disk.
    Status,
}

impl Class {
    /// All classes, in the order of their numbers.
    pub(crate) const ALL: [Self; CLASSES] = [Self::Submission, Self::Query, Self::Scan, Self::Status];

    /// The class of a method. What isn't known here is a query.
    pub(crate) fn of(method: &str) -> Self {
        match method {
            "author_submitExtrinsic" | "author_submitAndWatchExtrinsic" => Self::Submission,
            "author_pendingExtrinsics"
            | "chains_attestation"
            | "chains_blocks"
            | "chains_disputes"
            | "chains_list"
            | "chains_notes"
            | "directives_list"
            | "directives_open"
            | "foundry_images"
            | "meta_blocks"
            | "meta_list"
            | "registry_dataCenters"
            | "registry_hosts"
            | "registry_providers"
            | "registry_trail"
            | "rpc.discover"
            | "state_call"
            | "state_callAt"
            | "state_getKeysPaged"
            | "state_getKeysPagedAt"
            | "state_getMetadata"
            | "state_queryStorageAt"
            | "state_subscribeStorage" => Self::Scan,
            "consensus_status" | "rpc_methods" => Self::Status,
            _ if method.starts_with("system_") => Self::Status,
            // Giving something up never waits behind those who ask for more.
            _ if method.contains("nsubscribe") || method.contains("unwatch") => Self::Status,
            _ => Self::Query,
        }
    }

    /// Its name in errors and metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Submission => "submission",
            Self::Query => "query",
            Self::Scan => "scan",
            Self::Status => "status",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_the_class_of_their_work() {
        let check = |method: &str, class: Class| assert_eq!(Class::of(method), class, "{method}");
        check("author_submitExtrinsic", Class::Submission);
        check("author_unwatchExtrinsic", Class::Status);
        check("state_unsubscribeStorage", Class::Status);
        check("unsubscribe_newHead", Class::Status);
        check("state_getStorage", Class::Query);
        check("state_call", Class::Scan);
        check("system_health", Class::Status);
        check("no_suchMethod", Class::Query);
        check("directives_subscribe", Class::Query);
        check("directives_unsubscribe", Class::Status);
    }

    #[test]
    fn numbers_are_places() {
        for (at, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, at);
        }
    }
}
