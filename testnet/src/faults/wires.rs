//! What lies between the nodes, and how it is cut.
//!
//! - *Loopback*: nothing that could be cut; for faults of processes.
//! - *Namespaces*: a network namespace per validator, veth pairs to a bridge. A pair is cut by dropping what each hears
//!   from the other (nftables; where that is missing, by a neighbour entry that leads nowhere), so that it is silence
//!   and no refusal, as on a cable that was pulled. JSON-RPC has a bridge of its own and is never cut.
//! - *Forwarders*: for machines that don't let us make namespaces. Nodes dial each other through forwarders of ours,
//!   which hold back what is cut, and can delay what isn't.

mod forwarders;
mod namespaces;

use std::time::Duration;

use anyhow::bail;
use clap::ValueEnum;

use crate::cluster::{Place, Ports, VALIDATORS};
pub(crate) use forwarders::Forwarders;
pub(crate) use namespaces::Namespaces;

/// Kinds of wires.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Kind {
    /// Plain loopback, which can't be cut.
    Loopback,
    /// A network namespace per validator; where that isn't permitted, forwarders.
    Namespaces,
    /// Processes that dial each other through TCP forwarders.
    Forwarders,
}

impl Kind {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Namespaces => "namespaces",
            Self::Forwarders => "forwarders",
        }
    }
}

/// Two nodes between which nothing passes, in either direction.
pub(crate) type Pair = (u16, u16);

/// The wires of a network.
pub(crate) enum Wires {
    Loopback(Ports),
    Namespaces(Namespaces),
    Forwarders(Forwarders),
}

impl Wires {
    /// Lays the wanted wires, or what comes nearest to them, with the reason.
    pub(crate) async fn lay(
        wanted: Kind,
        base: Option<u16>,
        delay: Duration,
    ) -> anyhow::Result<(Self, Option<String>)> {
        let ports = || base.map_or_else(|| Ports::find(VALIDATORS), |base| Ports::from(base, VALIDATORS));
        if !delay.is_zero() && wanted != Kind::Forwarders {
            bail!("only --wires forwarders can delay what passes");
        }
        match wanted {
            Kind::Loopback => Ok((Self::Loopback(ports()?), None)),
            Kind::Forwarders => Ok((Self::Forwarders(Forwarders::lay(ports()?, delay).await?), None)),
            Kind::Namespaces => match Namespaces::lay(VALIDATORS) {
                Ok(namespaces) => Ok((Self::Namespaces(namespaces), None)),
                Err(error) => {
                    let reason = format!("no network namespaces, TCP forwarders instead: {error:#}");
                    Ok((Self::Forwarders(Forwarders::lay(ports()?, delay).await?), Some(reason)))
                }
            },
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Loopback(_) => Kind::Loopback,
            Self::Namespaces(_) => Kind::Namespaces,
            Self::Forwarders(_) => Kind::Forwarders,
        }
    }

    /// Where each node is.
    pub(crate) fn places(&self) -> Vec<Place> {
        let all = 0..VALIDATORS;
        match self {
            Self::Loopback(ports) => all.map(|node| ports.place(node)).collect(),
            Self::Namespaces(namespaces) => all.map(|node| namespaces.place(node)).collect(),
            Self::Forwarders(forwarders) => all.map(|node| forwarders.place(node)).collect(),
        }
    }

    /// Tells which process is which node now.
    pub(crate) fn set_pids(&self, pids: Vec<Option<u32>>) {
        if let Self::Forwarders(forwarders) = self {
            forwarders.set_pids(pids);
        }
    }

    /// Nothing passes between these pairs any more.
    pub(crate) fn cut(&self, pairs: &[Pair]) -> anyhow::Result<()> {
        match self {
            Self::Loopback(_) => bail!("loopback can't be cut: take --wires namespaces or forwarders"),
            Self::Namespaces(namespaces) => namespaces.cut(pairs),
            Self::Forwarders(forwarders) => {
                forwarders.set(pairs, true);
                Ok(())
            }
        }
    }

    /// What was cut passes again.
    pub(crate) fn heal(&self, pairs: &[Pair]) -> anyhow::Result<()> {
        match self {
            Self::Loopback(_) => bail!("loopback was never cut"),
            Self::Namespaces(namespaces) => namespaces.heal(pairs),
            Self::Forwarders(forwarders) => {
                forwarders.set(pairs, false);
                Ok(())
            }
        }
    }

    /// Pulls a node's cable or puts it back: its link goes down or up, and with it what connects it to all others.
    pub(crate) fn set_link(&self, node: u16, up: bool) -> anyhow::Result<()> {
        if let Self::Namespaces(namespaces) = self {
            return namespaces.set_link(node, up);
        }
        let pairs: Vec<Pair> = (0..VALIDATORS).filter(|other| *other != node).map(|other| (node, other)).collect();
        if up { self.heal(&pairs) } else { self.cut(&pairs) }
    }
}
