//! Lock files: whole, and without the address of any registry, which is each machine's own affair.

use super::root;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn what_npm_installs_has_a_digest_and_no_address() {
    let lock = read("testnet/clients/js/package-lock.json");
    let lock: serde_json::Value = serde_json::from_str(&lock).expect("JSON");
    let packages = lock["packages"].as_object().expect("packages");
    assert!(packages.len() > 20, "{} packages", packages.len());
    for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
        assert!(package["integrity"].is_string(), "{name} has no digest");
        assert!(package.get("resolved").is_none(), "{name} has an address");
    }
}

#[test]
fn what_pip_installs_has_a_digest_and_no_address() {
    let lock = read("testnet/clients/python/requirements.txt");
    assert!(!lock.contains("://"), "no address");
    // A requirement begins a line, and its digests follow on lines that are set in.
    let mut requirements = lock.split("\n").filter(|line| !line.trim().is_empty()).peekable();
    let mut count = 0;
    while let Some(line) = requirements.next() {
        assert!(line.contains("==") && !line.starts_with(' '), "{line}");
        let mut digests = 0;
        while requirements.next_if(|line| line.trim_start().starts_with("--hash=sha256:")).is_some() {
            digests += 1;
        }
        assert!(digests > 0, "{line} has no digest");
        count += 1;
    }
    assert!(count > 20, "{count} requirements");
}
