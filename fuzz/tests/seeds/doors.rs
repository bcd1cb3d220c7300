//! Seeds for what clients, trackers and guests say, and for what a host wrote of it.

use std::collections::BTreeMap;

use parity_scale_codec::{Compact, Encode};
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::ledger::{
    BirthRequest, Detail, Etsi, Event, EventKind, GuestReport, Ownership, Precision, Relations, Resources, ServerId,
    Uuid, party_id,
};
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::api::call;
use tierchain_runtime::audit::Visit;
use tierchain_runtime::{GenesisConfig, genesis_state};

use super::{extrinsics, texts};

/// The genesis hash of those who sign here.
const GENESIS: H256 = H256([7; 32]);

/// The server of the runtime's golden files.
const SERVER: ServerId = ServerId { uuid: Uuid([1; 16]), generation: 0 };

/// Requests as a foundry gets them, signature first: one that its tracker signed, one that nobody did, and half of one.
pub(crate) fn birth_requests() -> Vec<Vec<u8>> {
    let request = |previous| {
        let (precision, evidence) = (Precision::Event, H256([8; 32]));
        BirthRequest { server: SERVER, occurred_at: 1_795_227_255_000_000, precision, evidence, previous }
    };
    let signature = KeyPair::from_seed(&[7; 32]).sign(&request(None).signed_bytes(&GENESIS));
    let signed = [signature.0.to_vec(), request(None).encode()].concat();
    let later = [Signature::ZERO.0.to_vec(), request(Some(H256([9; 32]))).encode()].concat();
    let half = signed[..90].to_vec();
    vec![signed, later, half]
}

/// Connections: what trackers say, the numbers of some reports as far apart as they can be, and what agents say.
pub(crate) fn channels() -> Vec<Vec<u8>> {
    let report = |number: u64, words: &str| {
        let (event, detail) = (EventKind::GuestEvent { code: 2 }, Detail(words.as_bytes().to_vec()));
        let (precision, meter, evidence) = (Precision::Event, None, H256([8; 32]));
        let event = Event { server: SERVER, number, occurred_at: 3_000_000, precision, event, meter, evidence, detail };
        let signature = KeyPair::from_seed(&[7; 32]).sign(&event.guest_signed_bytes(&GENESIS));
        format!(r#"{{"kind":"report","report":"{}"}}"#, hex::encode(GuestReport { event, signature }.encode()))
    };
    let hello = format!(r#"{{"kind":"hello","key":"{}"}}"#, "Ab".repeat(32));
    let request = hex::encode(&birth_requests()[0][64..]);
    let announced = format!(
        r#"{{"kind":"announced","genesis":"{}","request":"{request}","foundries":["https://192.0.2.1:9944"],"born":false}}"#,
        "07".repeat(32)
    );
    let long = "x".repeat(1_024);
    let connections = [
        [hello.clone(), report(0, "down"), report(1, "up"), report(0, "again")].join("\n"),
        [hello, report(u64::MAX, "the last"), report(u64::MAX - 1, &long)].join("\n"),
        (0..80).map(|number| report(number, "")).collect::<Vec<_>>().join("\n"),
        [r#"{"kind":"waiting","reason":"Busy"}"#, r#"{"kind":"unborn","reason":"\u0000🦀"}"#].join("\n"),
        [announced.as_str(), r#"{"kind":"taken","below":18446744073709551615}"#].join("\n"),
    ];
    connections.map(String::into_bytes).into()
}

/// One line of each kind that a host writes of its own servers.
pub(crate) fn process_lines() -> Vec<Vec<u8>> {
    let ownership = Ownership { provider: party_id("P"), tenant: party_id("T"), service: party_id("S") };
    let resources = Resources { vcpus: 2, memory_mib: 64, disk_gib: 0 };
    let (image, tracker) = (H256([4; 32]), AccountId([5; 32]));
    let declared = (image, resources, tracker, ownership, Etsi::default(), Relations::default());
    let (directive, from, length, number): (u64, H256, u32, u64) = (5, H256([7; 32]), 4, 9);
    let (born, evidence, cpu, report, reported): (Micros, H256, u64, u64, Micros) = (1, H256([8; 32]), 2, 3, 4);
    let arrival =
        (SERVER, directive, from, length, number, born, evidence, cpu, (report, reported), &declared).encode();
    let (declared, arrival) = (hex::encode(declared.encode()), hex::encode(arrival));
    let course = format!(r#""directive":5,"generation":1,"to":"{}","length":4"#, "07".repeat(32));
    let whats = [
        format!(r#""kind":"ordered","directive":3,"declared":"{declared}""#),
        r#""kind":"started""#.into(),
        r#""kind":"paused","reconciled":true"#.into(),
        r#""kind":"resumed""#.into(),
        r#""kind":"crashed","how":"signal 9""#.into(),
        r#""kind":"destroyed","directive":4"#.into(),
        format!(r#""kind":"movedout",{course},"until_us":9,"key":"ab""#),
        format!(r#""kind":"calledoff",{course}"#),
        r#""kind":"left","directive":5"#.into(),
        format!(r#""kind":"arriving","arrival":"{arrival}""#),
        format!(r#""kind":"arrived","arrival":"{arrival}""#),
        r#""kind":"withdrawn","directive":5"#.into(),
        r#""kind":"info","vcpus":2,"memory_mib":64,"disk_gib":0,"cpu_us":18446744073709551615,"rss_kib":9"#.into(),
        r#""kind":"ordered","directive":1,"declared":"00""#.into(),
    ];
    let line = |what: String| format!(r#"{{"time_us":7,"uuid":"5e0f2c3a-7d41-4a8e-9b10-000000000001",{what}}}"#);
    whats.map(|what| line(what).into_bytes()).into()
}

/// Parameters of every type that a method takes.
pub(crate) fn parameters() -> Vec<Vec<u8>> {
    let mut parameters = texts(&PARAMETERS);
    let (account, hash) = (KeyPair::from_seed(&[7; 32]).public().to_ss58(), H256([0xab; 32]).to_string());
    let more = [
        format!(r#""{account}""#),
        format!(r#""{hash}""#),
        format!(r#"["{hash}","{hash}"]"#),
        format!(r#"{{"tenant":"{hash}","writer":"{account}","kind":"Birth"}}"#),
        format!(r#"{{"host":"{hash}","issuer":"{account}","status":"issued"}}"#),
        format!(r#"{{"provider":"{hash}","tenant":null}}"#),
        format!(r#"{{"status":"living","state":"RUNNING","host":"{hash}","anchored":false}}"#),
    ];
    parameters.extend(more.map(String::into_bytes));
    parameters
}

const PARAMETERS: [&str; 17] = [
    r#""7/1099511627776""#,
    r#""7/end""#,
    r#""0/0""#,
    r#""4294967296/0""#,
    r#""0x""#,
    r#""0x0aFf""#,
    r#"["0x00","0aff",""]"#,
    r#""0x1a""#,
    "30",
    "9007199254740993",
    r#""18446744073709551615""#,
    r#""340282366920938463463374607431768211455""#,
    r#""01234567-89ab-cdef-0123-456789abcdef""#,
    r#""01234567-89ab-cdef-0123-456789abcdef/3""#,
    r#"{"uuid":"01234567-89ab-cdef-0123-456789abcdef","generation":4294967295}"#,
    r#""SUSPENDED_TO_DISK""#,
    "{}",
];

/// A sealed tracker's key that its account opens, accounts that nothing can be sealed for, and one that something can.
pub(crate) fn seals() -> Vec<Vec<u8>> {
    let sealed = [
        "8a875fff1eb38451577acd5afee405456568dd7c89e090863a0557bc7af49f17",
        "38b9c19e266f791de8d7b3d1636b0c2de599c74b83dea365ebc4ac6c51d54939",
        "20974cd0591bf231d57baf4538aa10da",
    ];
    let sealed = hex::decode(sealed.concat()).expect("hexadecimal digits");
    let neutral = [[1].as_slice(), &[0; 31]].concat();
    let bent = [&sealed[..79], &[0]].concat();
    vec![sealed, vec![0; 32], neutral, bent, KeyPair::from_seed(&[7; 32]).public().0.to_vec()]
}

/// Stays at hosts: over, not over, and never begun.
pub(crate) fn visits() -> Vec<Vec<u8>> {
    let visit = |host, stayed| Visit { host: H256([host; 32]), stayed };
    let moved = vec![visit(0xa0, Some((1, Some(2)))), visit(0xa1, Some((3, None))), visit(0xa2, None)];
    vec![moved.encode(), Vec::<Visit>::new().encode(), Compact(u32::MAX).encode()]
}

/// Calls of every method, each with arguments that it takes, and some that no method takes.
pub(crate) fn api_calls() -> Vec<Vec<u8>> {
    let state: BTreeMap<_, _> = genesis_state(&GenesisConfig::default()).into_iter().collect();
    let whole = methods().into_iter().enumerate().map(|(at, (method, arguments))| {
        call(&state, method, &arguments).unwrap_or_else(|error| panic!("{method}: {error}"));
        [&[u8::try_from(at % 5).expect("it is small")], method.as_bytes(), b"\n", &arguments].concat()
    });
    let wrong = texts(&["\u{0}Core_nothing\n", "\u{1}ChainsApi_server\nshort", "\u{2}\n", "\u{3}🦀"]);
    whole.chain(wrong).collect()
}

fn methods() -> Vec<(&'static str, Vec<u8>)> {
    let (none, page) = (Vec::new(), (0u64, u32::MAX).encode());
    let (host, image) = (H256([0xa0; 32]).encode(), H256([4; 32]));
    let (provider, tenant, account) = (party_id("P"), party_id("T"), KeyPair::from_seed(&[1; 32]).public());
    let extrinsic = extrinsics()[0].clone();
    let server = SERVER.encode();
    vec![
        ("ChainsApi_server", (SERVER.uuid, None::<u32>).encode()),
        ("NotesApi_notes", (SERVER, 0u32, 1u32).encode()),
        ("DirectivesApi_list", page.clone()),
        ("NotesApi_disputed", page.clone()),
        ("FoundryApi_images", (provider, 0u64, 10u32).encode()),
        ("ChainsApi_server", (SERVER.uuid, Some(0u32)).encode()),
        ("ChainsApi_generations", SERVER.uuid.encode()),
        ("DirectivesApi_changes", (1u64, 3u32).encode()),
        ("NotesApi_witnessed", server.clone()),
        ("FoundryApi_image", (provider, image).encode()),
        ("ChainsApi_writer_next", (SERVER, account).encode()),
        ("ChainsApi_server_count", none.clone()),
        ("DirectivesApi_open", host.clone()),
        ("NotesApi_open_discrepancies", server.clone()),
        ("FoundryApi_image_count", provider.encode()),
        ("ChainsApi_servers", (u64::MAX, u32::MAX).encode()),
        ("ValidatorsApi_validator_set", none.clone()),
        ("DirectivesApi_named", (account, H256([3; 32])).encode()),
        ("NotesApi_gaps", [&*host, &(0u32, u32::MAX).encode()].concat()),
        ("ValidatorsApi_observers", none.clone()),
        ("ChainsApi_tenant_server_count", tenant.encode()),
        ("ValidatorsApi_epoch_change", none.clone()),
        ("DirectivesApi_directive", 0u64.encode()),
        ("NotesApi_attested", host.clone()),
        ("AccountNonceApi_account_nonce", account.encode()),
        ("ChainsApi_tenant_servers", (tenant, 0u64, 9u32).encode()),
        ("ValidatorsApi_next_validators", none.clone()),
        ("DirectivesApi_count", none.clone()),
        ("NotesApi_committed", host),
        ("ValidatorsApi_validators", none.clone()),
        ("ChainsApi_parameters", none.clone()),
        ("ValidatorsApi_epoch", 0u32.encode()),
        ("DirectivesApi_change_count", none.clone()),
        ("NotesApi_disputed_count", none.clone()),
        ("Core_version", none.clone()),
        ("ChainsApi_announcements", server),
        ("TransactionPaymentApi_query_info", [&*extrinsic, &9u32.encode()].concat()),
        ("MetaApi_count", none.clone()),
        ("MetaApi_list", page.clone()),
        ("MetaApi_of_provider", [&*provider.encode(), &page].concat()),
        ("MetaApi_of_tenant", [&*tenant.encode(), &page].concat()),
        ("MetaApi_meta_chain", H256([2; 32]).encode()),
        ("Metadata_metadata", none.clone()),
        ("Metadata_metadata_at_version", 15u32.encode()),
        ("Metadata_metadata_versions", none),
        ("TaggedTransactionQueue_validate_transaction", [&[2], &*extrinsic, &[0xee; 32]].concat()),
    ]
}
