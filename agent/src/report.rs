//! What the agent says at its end: a line per life and the sums, for people and for programs.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use tierchain_primitives::ledger::{ServerState, Uuid};

use crate::feed::SourceEnd;
use crate::normaliser::Counts;
use crate::submitter::{Progress, Stage};

/// The whole.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    servers: Vec<Row>,
    source: Counts,
    /// Entity blocks of these lives.
    blocks: u64,
    /// How many of them are linked into their meta-chains.
    meta_blocks: usize,
    /// Late events counted on the ledger.
    late: u64,
    seconds: f64,
}

/// One life.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    uuid: String,
    name: Option<String>,
    generation: Option<u32>,
    state: Option<&'static str>,
    ended: bool,
    anchored: bool,
    blocks: u32,
    late: u64,
    head: Option<String>,
    refused: Option<String>,
}

impl Report {
    /// Puts together what is final and what the source said.
    pub(crate) fn new<'a>(lives: impl Iterator<Item = &'a Progress>, end: SourceEnd, seconds: f64) -> Self {
        let names: BTreeMap<Uuid, String> = end.names.into_iter().collect();
        let servers: Vec<Row> = lives.map(|life| row(life, names.get(&life.id.uuid).cloned())).collect();
        Self {
            source: end.counts,
            blocks: servers.iter().map(|row| u64::from(row.blocks)).sum(),
            meta_blocks: servers.iter().filter(|row| row.anchored).count(),
            late: servers.iter().map(|row| row.late).sum(),
            seconds,
            servers,
        }
    }

    /// How many lives the ledger refused, and the first of them with its reason.
    pub(crate) fn refused(&self) -> Option<(usize, String)> {
        let mut refused = self.servers.iter().filter_map(|row| Some((&row.uuid, row.refused.as_ref()?)));
        let (uuid, reason) = refused.next()?;
        Some((1 + refused.count(), format!("{uuid}: {reason}")))
    }
}

fn row(life: &Progress, name: Option<String>) -> Row {
    let view = life.view.as_ref();
    Row {
        uuid: life.id.uuid.to_string(),
        name,
        generation: life.place.map(|(server, _)| server.generation),
        state: view.and_then(|view| view.state).map(ServerState::name),
        ended: life.has_ended(),
        anchored: view.is_some_and(|view| view.anchored),
        blocks: view.map_or(0, |view| view.blocks),
        late: view.map_or(0, |view| view.late),
        head: view.and_then(|view| view.head).map(|head| head.to_string()),
        refused: match &life.stage {
            Stage::Refused(reason) => Some(reason.clone()),
            _ => None,
        },
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<16} {:<38} {:<18} {:>6}  head", "name", "uuid/generation", "state", "blocks")?;
        for row in &self.servers {
            let name = row.name.as_deref().unwrap_or("-");
            let generation = row.generation.map_or_else(|| "?".to_owned(), |number| number.to_string());
            let state = match (row.ended, row.state) {
                (true, _) => "ENDED",
                (false, state) => state.unwrap_or("-"),
            };
            let head = row.refused.as_ref().or(row.head.as_ref()).map_or("-", String::as_str);
            writeln!(f, "{name:<16} {}/{generation} {state:<18} {:>6}  {head}", row.uuid, row.blocks)?;
        }
        let Counts { lines, repeated, unborn, garbage, .. } = self.source;
        write!(
            f,
            "lives {} · blocks {} · meta {} · late {} · lines {lines} · repeated {repeated} · unborn {unborn} · \
             garbage {garbage} · {:.1} s",
            self.servers.len(),
            self.blocks,
            self.meta_blocks,
            self.late,
            self.seconds
        )
    }
}
