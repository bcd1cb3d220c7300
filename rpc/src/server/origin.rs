//! Origins: which web pages may talk to the node from a browser.
//!
//! Programs send no origin and pass. A page's origin must be on the list, for WebSockets as for HTTP: browsers hold a
//! WebSocket to no rule of their own, and a page may reach what listens on loopback.

/// Pages that may talk to a node unless something else is said: local ones, and polkadot.js Apps.
pub const ORIGINS: [&str; 5] = [
    "http://localhost:*",
    "http://127.0.0.1:*",
    "https://localhost:*",
    "https://127.0.0.1:*",
    "https://polkadot.js.org",
];

/// Which pages may talk to the node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origins {
    /// All.
    All,
    /// These alone: `scheme://host[:port]`, the port `*` for any.
    These(Vec<String>),
}

impl Default for Origins {
    fn default() -> Self {
        Self::These(ORIGINS.map(Into::into).to_vec())
    }
}

impl Origins {
    /// No page at all.
    #[must_use]
    pub fn none() -> Self {
        Self::These(Vec::new())
    }

    /// Whether a page may.
    #[must_use]
    pub fn allow(&self, origin: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(patterns) => patterns.iter().any(|pattern| matches(pattern, origin)),
        }
    }
}

fn matches(pattern: &str, origin: &str) -> bool {
    let Some(host) = pattern.strip_suffix(":*") else { return pattern == origin };
    match origin.strip_prefix(host) {
        Some("") => true,
        Some(rest) => rest
            .strip_prefix(':')
            .is_some_and(|port| !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit())),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_passes_by_its_whole_origin() {
        let origins = Origins::default();
        for allowed in ["http://localhost", "http://localhost:3000", "https://127.0.0.1:1", "https://polkadot.js.org"] {
            assert!(origins.allow(allowed), "{allowed}");
        }
        for refused in [
            "https://polkadot.js.org.evil.example",
            "http://polkadot.js.org",
            "http://localhost.evil.example",
            "http://localhost:3000.evil.example",
            "http://localhost:",
            "null",
            "",
        ] {
            assert!(!origins.allow(refused), "{refused}");
        }
        assert!(Origins::All.allow("null"));
        assert!(!Origins::none().allow("http://localhost"));
    }
}
