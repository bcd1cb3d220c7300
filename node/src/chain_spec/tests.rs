//! A specification is believed only when everything in it fits together, and every fault is named at once.

use super::*;
use crate::keystore;
use crate::peer_id::PeerId;
use document::{AccountEntry, ValidatorEntry};
use sites::{DataCenterEntry, HostEntry, ProviderEntry};

fn account() -> String {
    keystore::generate().public().to_ss58()
}

fn validator(at: usize) -> ValidatorEntry {
    ValidatorEntry {
        name: format!("validator-{at}"),
        operator: account(),
        consensus: account(),
        peer_id: PeerId(keystore::generate().public()).to_string(),
        addresses: vec![format!("/ip4/127.0.0.1/tcp/{}", 10_044 + at)],
    }
}

fn document() -> Document {
    let mut document = development().document;
    document.chain_type = ChainType::Local;
    document.genesis.allow_replay = false;
    document.genesis.unknown_images = false;
    document.genesis.validators = (0..4).map(validator).collect();
    document
}

/// The problems after one change to a good specification.
fn problems(change: impl Fn(&mut Document)) -> Vec<String> {
    let mut document = document();
    change(&mut document);
    let (spec, problems) = ChainSpec::from_document(&document);
    assert_eq!(spec.is_none(), problems.has_errors());
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_specification_has_no_problems_and_survives_its_file() {
    assert_eq!(problems(|_| {}), Vec::<String>::new());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("spec.json");
    let document = document();
    std::fs::write(&path, serde_json::to_vec_pretty(&document).expect("plain data")).expect("a temporary file");
    assert_eq!(read::<Document>(&path).expect("our own file"), document);
    let spec = ChainSpec::load(&path).expect("a good one");
    assert_eq!(spec.validator_set().len(), 4);
    assert_eq!(spec.validator_of(&spec.validators[2].consensus).map(|found| found.name.as_str()), Some("validator-2"));
}

#[test]
fn every_duplicate_is_named_with_both_places_and_a_remedy() {
    let faults: [fn(&mut Document); 4] = [
        |document| document.genesis.validators[3].consensus = document.genesis.validators[1].consensus.clone(),
        |document| document.genesis.validators[3].operator = document.genesis.validators[1].operator.clone(),
        |document| document.genesis.validators[3].peer_id = document.genesis.validators[1].peer_id.clone(),
        |document| document.genesis.validators[3].name = document.genesis.validators[1].name.clone(),
    ];
    for fault in faults {
        let found = problems(fault);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("validator 1 (validator-1)"), "{found:?}");
        assert!(found[0].contains("remove the duplicate"), "{found:?}");
    }
    // The whole entry twice: each of its keys, its name and its address is named.
    let found = problems(|document| document.genesis.validators[3] = document.genesis.validators[1].clone());
    assert_eq!(found.len(), 5, "{found:?}");
}

#[test]
fn all_problems_are_found_at_once() {
    let found = problems(|document| {
        document.id = "Not Plain".to_owned();
        document.genesis.block_nonce_bits = 17;
        document.genesis.validators[0].consensus = "5FA9".to_owned();
        document.genesis.validators[1].addresses = vec!["localhost:10044".to_owned()];
        document.genesis.validators[2].addresses = (1..6).map(|port| format!("/ip4/127.0.0.1/tcp/{port}")).collect();
        document.genesis.accounts.push(AccountEntry { account: account(), roles: vec!["king".to_owned()] });
        document.genesis.hosts.push(HostEntry::new("host-1", "nowhere", &account()));
        document.bootnodes.push("/ip4/127.0.0.1/tcp/1".to_owned());
    });
    let places = [
        "error: id:",
        "error: genesis.blockNonceBits:",
        "error: genesis.validators[0].consensus:",
        "error: genesis.validators[1].addresses[0]:",
        "error: genesis.validators[2].addresses:",
        "error: genesis.accounts[6].roles[0]:",
        "error: genesis.hosts[1].dataCenter:",
        "error: genesis.hosts[1].agent:",
        "error: bootnodes[0]:",
    ];
    assert_eq!(found.len(), places.len(), "{found:#?}");
    for (problem, place) in found.iter().zip(places) {
        assert!(problem.starts_with(place), "{problem} should be at {place}");
    }
}

#[test]
fn replays_are_warned_of_and_refused_on_a_live_chain() {
    let found = problems(|document| document.genesis.allow_replay = true);
    assert!(found.len() == 1 && found[0].starts_with("warning: genesis.allowReplay:"), "{found:?}");
    let found = problems(|document| {
        document.genesis.allow_replay = true;
        document.chain_type = ChainType::Live;
    });
    assert!(found.iter().any(|problem| problem.starts_with("error: genesis.allowReplay:")), "{found:?}");
}

#[test]
fn sites_and_providers_are_checked() {
    let found = problems(|document| {
        let genesis = &mut document.genesis;
        let agent = genesis.hosts[0].agent.clone();
        let provider = genesis.providers[0].account.clone();
        genesis.quota.rate_permille = 0;
        genesis.bounds.move_ms = 0;
        genesis.bounds.silence_ms = u64::MAX;
        genesis.accounts.push(AccountEntry { account: account(), roles: vec!["provider".to_owned()] });
        genesis.data_centers.push(DataCenterEntry::Id("vienna".to_owned()));
        genesis.hosts.push(HostEntry::new("host-1", "vienna", &agent));
        let labels = (0..9).map(|at| (format!("label-{at}"), "x".to_owned())).collect();
        genesis.hosts.push(HostEntry { labels, ..HostEntry::new("host-2", "local", &agent) });
        genesis.providers.push(ProviderEntry { id: "dave".to_owned(), account: account() });
        genesis.providers.push(ProviderEntry { id: "other".to_owned(), account: provider });
    });
    let places = [
        "error: genesis.quota.ratePermille:",
        "error: genesis.bounds.silenceMs: more than a year",
        "error: genesis.bounds.moveMs:",
        "error: genesis.hosts[1].agent:",
        "error: genesis.hosts[2].labels:",
        "error: genesis.providers[1]:",
        "error: genesis.providers[2].account:",
        "warning: genesis.accounts[6].roles:",
    ];
    assert_eq!(found.len(), places.len(), "{found:#?}");
    for (problem, place) in found.iter().zip(places) {
        assert!(problem.starts_with(place), "{problem} should be at {place}");
    }
}

#[test]
fn what_came_later_may_be_left_out() {
    let mut value = serde_json::to_value(document()).expect("plain data");
    let genesis = value["genesis"].as_object_mut().expect("an object");
    for later in ["unknownImages", "bounds", "quota", "providers"] {
        assert!(genesis.remove(later).is_some(), "{later}");
    }
    let read: Document = serde_json::from_value(value).expect("an older file");
    let (spec, _) = ChainSpec::from_document(&read);
    let genesis = spec.expect("it is good").genesis;
    assert_eq!((genesis.quota, genesis.unknown_images), (tierchain_runtime::Quota::default(), false));
}

#[test]
fn unknown_fields_are_refused() {
    let text = serde_json::to_string(&document()).expect("plain data").replacen("allowReplay", "allowReplays", 1);
    let error = serde_json::from_str::<Document>(&text).expect_err("misspelt").to_string();
    assert!(error.contains("allowReplays"), "{error}");
}

#[test]
fn the_development_chain_is_good_and_always_the_same() {
    let (spec, problems) = ChainSpec::from_document(&development().document);
    assert!(spec.is_some(), "{:?}", problems.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(development().document, development().document);
}
