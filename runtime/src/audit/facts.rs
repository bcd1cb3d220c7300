//! What the state says of one life: which records, in which order.

use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::H256;
use tierchain_primitives::ledger::ServerId;
use tierchain_primitives::numbers::Micros;

use super::refusal::{Place, Refusal};
use super::witness::{Witness, need, read};
use crate::chains::{
    ATTESTED, Attested, GAPS, Gap, NOTES, Note, PARAMETERS, Parameters, SERVERS, Server, Statement,
    TENANT_SERVER_COUNT, TENANT_SERVERS, TenantEntry, WITNESSED,
};
use crate::registry::{DATA_CENTERS, DataCenter, HOSTS, Host};

/// A host that a life's chain names, and when the server was there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Visit {
    /// The host.
    pub host: H256,
    /// From the first arrival to the last departure, which is none where it is still there. None at all for a host that
    /// it was to move to and never reached.
    pub stayed: Option<(Micros, Option<Micros>)>,
}

impl Visit {
    /// Most bytes of one.
    pub const BYTES_MAX: usize = 32 + 1 + 8 + 1 + 8;
}

/// A host that a life's chain names, where it stands, and when it was watched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustodyFact {
    /// The host.
    pub host: Host,
    /// Its data center.
    pub data_center: DataCenter,
    /// Its attestation, where the server was there and there is one.
    pub attested: Option<Attested>,
    /// The gaps in it that touch the visit.
    pub gaps: Vec<Gap>,
}

/// The records of one life.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// What genesis says about chains.
    pub parameters: Parameters,
    /// The server's record.
    pub server: Server,
    /// How many lives its tenant's servers have had.
    pub tenant_lives: u64,
    /// Its entry in its tenant's list.
    pub entry: TenantEntry,
    /// What its witness says, where that differs from the chain and isn't settled.
    pub witnessed: Option<Statement>,
    /// Its notes, every one.
    pub notes: Vec<Note>,
    /// The hosts that its chain names, in the order in which it names them first.
    pub hosts: Vec<CustodyFact>,
}

impl Facts {
    /// Asks for the records of a life, in the order in which a file has them. `now` is the time of the block after which
    /// the state is read: visits that last, last until then.
    ///
    /// # Errors
    /// When a record is missing or isn't one.
    pub fn gather(witness: &mut dyn Witness, id: &ServerId, visits: &[Visit], now: Micros) -> Result<Self, Refusal> {
        let parameters = need(witness, "Chains.Parameters", &PARAMETERS.key())?;
        let server: Server = need(witness, "Chains.Servers", &SERVERS.key(id))?;
        let tenant = server.ownership.tenant;
        let tenant_lives = need(witness, "Chains.TenantServerCount", &TENANT_SERVER_COUNT.key(&tenant))?;
        let place = (tenant, server.tenant_index);
        let entry = need(witness, "Chains.TenantServers", &TENANT_SERVERS.key(&place))?;
        let witnessed = read(witness, "Chains.Witnessed", &WITNESSED.key(id))?;
        let notes = (0..server.notes).map(|number| need(witness, "Chains.Notes", &NOTES.key(&(*id, number))));
        let notes = notes.collect::<Result<_, _>>()?;
        let hosts = visits.iter().map(|visit| custody(witness, visit, now)).collect::<Result<_, _>>()?;
        Ok(Self { parameters, server, tenant_lives, entry, witnessed, notes, hosts })
    }
}

fn custody(witness: &mut dyn Witness, visit: &Visit, now: Micros) -> Result<CustodyFact, Refusal> {
    let host: Host = need(witness, "Registry.Hosts", &HOSTS.key(&visit.host))?;
    let data_center: DataCenter = need(witness, "Registry.DataCenters", &DATA_CENTERS.key(&host.data_center))?;
    let named = host.id == visit.host && data_center.id == host.data_center;
    super::refusal::ensure(named, Place::Record("Registry.Hosts"), "it is another host's")?;
    let Some((from, until)) = visit.stayed else {
        return Ok(CustodyFact { host, data_center, attested: None, gaps: Vec::new() });
    };
    let attested: Option<Attested> = read(witness, "Chains.Attested", &ATTESTED.key(&visit.host))?;
    let count = attested.map_or(0, |attested| attested.gaps);
    let gaps = gaps(witness, &visit.host, count, from, until.unwrap_or(now))?;
    Ok(CustodyFact { host, data_center, attested, gaps })
}

/// The gaps that touch the time from `from` to `until`. They follow on one another in time, so the first of them is
/// searched for by halves: a host that was watched badly for years has many.
fn gaps(witness: &mut dyn Witness, host: &H256, count: u32, from: Micros, until: Micros) -> Result<Vec<Gap>, Refusal> {
    let mut gap = |number: u32| need::<Gap>(witness, "Chains.Gaps", &GAPS.key(&(*host, number)));
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if gap(middle)?.to <= from {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let mut found = Vec::new();
    for number in low..count {
        let next = gap(number)?;
        if next.from >= until {
            break;
        }
        found.push(next);
    }
    Ok(found)
}
