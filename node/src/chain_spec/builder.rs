//! Makes a specification from the options of `chain-spec new`.
//!
//! It only puts things where they belong; what is wrong with them is found where every specification is checked.

use std::time::{SystemTime, UNIX_EPOCH};

use super::document::{AccountEntry, Document, DocumentError, Genesis, Properties, ValidatorEntry, read};
use super::sites::{BoundsEntry, DataCenterEntry, DescribedDataCenter, HostEntry, ProviderEntry, QuotaEntry};
use crate::cli::chain_spec::NewArgs;

/// Why options don't make a specification.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    /// The validators' file can't be read.
    #[error(transparent)]
    Validators(#[from] DocumentError),
    /// `--validator` has something else than its keys.
    #[error(
        "--validator {text:?}: {problem}; write name=N,operator=ACCOUNT,consensus=ACCOUNT,peer-id=ID,address=MULTIADDR"
    )]
    Validator {
        /// What was given.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// `--host` isn't of its form.
    #[error("--host {0:?}: write ID@DATACENTER:ACCOUNT")]
    Host(String),
    /// `--provider` isn't of its form.
    #[error("--provider {0:?}: write ID=ACCOUNT")]
    Provider(String),
    /// `--quota` isn't of its form.
    #[error("--quota {0:?}: write BURST_US/RATE_PERMILLE, as 2000000/200")]
    Quota(String),
}

/// The specification that the options describe.
///
/// # Errors
/// [`BuildError`] for options that don't have their form.
pub(crate) fn build(args: &NewArgs) -> Result<Document, BuildError> {
    let mut validators: Vec<ValidatorEntry> = match &args.validators_file {
        Some(file) => read(file)?,
        None => Vec::new(),
    };
    for text in &args.validators {
        validators.push(validator(text)?);
    }
    let genesis = Genesis {
        time_ms: args.time_ms.unwrap_or_else(now_ms),
        block_nonce_bits: args.block_nonce_bits,
        drift_bound_us: args.drift_bound_us,
        allow_replay: args.allow_replay,
        validators,
        observers: args.observers.clone(),
        accounts: accounts(&args.accounts),
        unknown_images: args.unknown_images,
        bounds: bounds(args),
        quota: args.quota.as_deref().map_or_else(|| Ok(QuotaEntry::default()), quota)?,
        data_centers: args.data_centers.iter().map(|text| data_center(text)).collect(),
        hosts: args.hosts.iter().map(|text| host(text)).collect::<Result<_, _>>()?,
        providers: args.providers.iter().map(|text| provider(text)).collect::<Result<_, _>>()?,
    };
    Ok(Document {
        name: args.name.clone(),
        id: args.id.clone(),
        chain_type: args.chain_type,
        genesis,
        properties: Properties::default(),
        bootnodes: args.bootnodes.clone(),
    })
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).expect("u64 milliseconds last longer than the sun")
}

fn validator(text: &str) -> Result<ValidatorEntry, BuildError> {
    let failed = |problem: String| BuildError::Validator { text: text.to_owned(), problem };
    let (mut name, mut operator, mut consensus, mut peer_id) = (None, None, None, None);
    let mut addresses = Vec::new();
    for part in text.split(',') {
        let (key, value) = part.split_once('=').ok_or_else(|| failed(format!("{part:?} has no =")))?;
        let place = match key {
            "name" => &mut name,
            "operator" => &mut operator,
            "consensus" => &mut consensus,
            "peer-id" => &mut peer_id,
            "address" => {
                addresses.push(value.to_owned());
                continue;
            }
            _ => return Err(failed(format!("{key:?} is unknown"))),
        };
        if place.replace(value.to_owned()).is_some() {
            return Err(failed(format!("{key} stands there twice")));
        }
    }
    let needed = |value: Option<String>, key| value.ok_or_else(|| failed(format!("{key} is missing")));
    Ok(ValidatorEntry {
        name: needed(name, "name")?,
        operator: needed(operator, "operator")?,
        consensus: needed(consensus, "consensus")?,
        peer_id: needed(peer_id, "peer-id")?,
        addresses,
    })
}

/// `ACCOUNT[:ROLE[+ROLE]…]`; an account that is named again gets the further roles too.
fn accounts(texts: &[String]) -> Vec<AccountEntry> {
    let mut entries: Vec<AccountEntry> = Vec::new();
    for text in texts {
        let (account, roles) = text.split_once(':').unwrap_or((text, ""));
        let roles = roles.split('+').filter(|role| !role.is_empty()).map(str::to_owned);
        match entries.iter_mut().find(|entry| entry.account == account) {
            Some(entry) => entry.roles.extend(roles),
            None => entries.push(AccountEntry { account: account.to_owned(), roles: roles.collect() }),
        }
    }
    entries
}

fn host(text: &str) -> Result<HostEntry, BuildError> {
    let error = || BuildError::Host(text.to_owned());
    let (id, place) = text.split_once('@').ok_or_else(error)?;
    let (data_center, agent) = place.rsplit_once(':').ok_or_else(error)?;
    Ok(HostEntry::new(id, data_center, agent))
}

/// `ID[=REGION]`.
fn data_center(text: &str) -> DataCenterEntry {
    match text.split_once('=') {
        None => DataCenterEntry::Id(text.to_owned()),
        Some((id, region)) => {
            DataCenterEntry::Described(DescribedDataCenter { id: id.to_owned(), name: None, region: region.to_owned() })
        }
    }
}

fn provider(text: &str) -> Result<ProviderEntry, BuildError> {
    let (id, account) = text.rsplit_once('=').ok_or_else(|| BuildError::Provider(text.to_owned()))?;
    Ok(ProviderEntry { id: id.to_owned(), account: account.to_owned() })
}

fn quota(text: &str) -> Result<QuotaEntry, BuildError> {
    let parsed = text.split_once('/').and_then(|(burst, rate)| {
        Some(QuotaEntry { burst_us: burst.parse().ok()?, rate_permille: rate.parse().ok()? })
    });
    parsed.ok_or_else(|| BuildError::Quota(text.to_owned()))
}

fn bounds(args: &NewArgs) -> BoundsEntry {
    let usual = BoundsEntry::default();
    BoundsEntry {
        silence_ms: args.silence_ms.unwrap_or(usual.silence_ms),
        witness_ms: args.witness_ms.unwrap_or(usual.witness_ms),
        move_ms: args.move_ms.unwrap_or(usual.move_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_named_twice_gets_all_its_roles() {
        let texts = ["A:foundry", "B", "A:tracker+hypervisor"].map(str::to_owned);
        let entry = |account: &str, roles: &[&str]| AccountEntry {
            account: account.to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        };
        assert_eq!(accounts(&texts), [entry("A", &["foundry", "tracker", "hypervisor"]), entry("B", &[])]);
    }

    #[test]
    fn a_validator_option_names_its_fault() {
        let good = "name=a,operator=O,consensus=C,peer-id=P,address=/ip4/1.2.3.4/tcp/1,address=/ip4/1.2.3.4/tcp/2";
        assert_eq!(validator(good).expect("complete").addresses.len(), 2);
        let faults = [
            ("name=a,operator=O,consensus=C", "peer-id is missing"),
            ("name=a,name=b", "name stands there twice"),
            ("nick=a", "\"nick\" is unknown"),
            ("alice", "\"alice\" has no ="),
        ];
        for (text, expected) in faults {
            let error = validator(text).expect_err("faulty").to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_host_stands_in_a_data_center() {
        let entry = host("rack-7@vienna:5FA9").expect("its form");
        assert_eq!((entry.id.as_str(), entry.data_center.as_str(), entry.agent.as_str()), ("rack-7", "vienna", "5FA9"));
        assert!(host("rack-7:5FA9").is_err());
    }

    #[test]
    fn a_data_center_lies_in_a_region_if_it_is_said() {
        let (alone, described) = (data_center("vienna"), data_center("vienna=EU"));
        assert_eq!((alone.id(), alone.name(), alone.region()), ("vienna", "vienna", ""));
        assert_eq!((described.id(), described.name(), described.region()), ("vienna", "vienna", "EU"));
    }

    #[test]
    fn providers_and_quotas_have_their_forms() {
        let entry = provider("acme=5FA9").expect("its form");
        assert_eq!((entry.id.as_str(), entry.account.as_str()), ("acme", "5FA9"));
        assert!(provider("acme").is_err());
        assert_eq!(quota("9/7").expect("its form"), QuotaEntry { burst_us: 9, rate_permille: 7 });
        assert!(quota("9").is_err() && quota("9/x").is_err());
    }
}
