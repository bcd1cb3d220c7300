//! What the state says of one life: which records, in which order.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::ServerId;

use super::refusal::Refusal;
use super::witness::{Witness, need};
use crate::chains::{PARAMETERS, Parameters, SERVERS, Server, TENANT_SERVER_COUNT, TENANT_SERVERS, TenantEntry};
use crate::registry::{DATA_CENTERS, DataCenter, HOSTS, Host};

/// A host that a life's chain names, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustodyFact {
    /// The host.
    pub host: Host,
    /// Its data center.
    pub data_center: DataCenter,
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
    /// The hosts that its chain names, in the order in which it names them first.
    pub hosts: Vec<CustodyFact>,
}

impl Facts {
    /// Asks for the records of a life, in the order in which a file has them.
    ///
    /// # Errors
    /// When a record is missing or isn't one.
    pub fn gather(witness: &mut dyn Witness, id: &ServerId, hosts: &[H256]) -> Result<Self, Refusal> {
        let parameters = need(witness, "Chains.Parameters", &PARAMETERS.key())?;
        let server: Server = need(witness, "Chains.Servers", &SERVERS.key(id))?;
        let tenant = server.ownership.tenant;
        let tenant_lives = need(witness, "Chains.TenantServerCount", &TENANT_SERVER_COUNT.key(&tenant))?;
        let place = (tenant, server.tenant_index);
        let entry = need(witness, "Chains.TenantServers", &TENANT_SERVERS.key(&place))?;
        let hosts = hosts.iter().map(|host| need(witness, "Registry.Hosts", &HOSTS.key(host)));
        let hosts: Vec<Host> = hosts.collect::<Result<_, _>>()?;
        let mut centers: Vec<DataCenter> = Vec::new();
        for host in &hosts {
            if !centers.iter().any(|known| known.id == host.data_center) {
                centers.push(need(witness, "Registry.DataCenters", &DATA_CENTERS.key(&host.data_center))?);
            }
        }
        let hosts = hosts.into_iter().map(|host| place_of(host, &centers)).collect::<Result<_, _>>()?;
        Ok(Self { parameters, server, tenant_lives, entry, hosts })
    }
}

fn place_of(host: Host, centers: &[DataCenter]) -> Result<CustodyFact, Refusal> {
    let center = centers.iter().find(|center| center.id == host.data_center).cloned();
    let missing = || Refusal::at(super::Place::Record("Registry.DataCenters"), "it is of another data center");
    Ok(CustodyFact { host, data_center: center.ok_or_else(missing)? })
}
