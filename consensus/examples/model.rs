//! The long run of the model checker: as many distinct states of the shipped machine as one has time for.
//!
//! `cargo run --release -p tierchain-consensus --example model -- --states 20000000`
//!
//! Each of the four validators is the liar for a quarter of the states. A search that isn't cut short is exhaustive.
//! Ends with 1 when a property is broken, and tells the way there.

#[path = "../tests/model/system/mod.rs"]
mod system;

use std::process::ExitCode;
use std::time::Instant;

use system::cast::VALIDATORS;
use system::mistake::Mistake;
use system::model::Bounds;
use system::search::{Figures, search};

const USAGE: &str = "Usage: model [--states N] [--heights H] [--views V] [--mistake bottom-up|number-first]";

/// What the command line asks for.
struct Wish {
    states: usize,
    bounds: Bounds,
}

fn main() -> ExitCode {
    let Some(wish) = wish(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    // What a machine says when it stops is found as a broken property.
    std::panic::set_hook(Box::new(|_| {}));
    let began = Instant::now();
    let mut sum = Figures::default();
    for liar in 0..VALIDATORS {
        let found = search(wish.bounds, &[liar], wish.states.div_ceil(usize::from(VALIDATORS)));
        tell(&format!("liar {liar}"), &found, began);
        sum.states += found.states;
        sum.steps += found.steps;
        sum.depth = sum.depth.max(found.depth);
        sum.local += found.local;
        sum.cut |= found.cut;
        sum.broken.extend(found.broken);
    }
    tell("all", &sum, began);
    println!("peak memory {} MiB", peak_memory_mib());
    if sum.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn wish(mut words: impl Iterator<Item = String>) -> Option<Wish> {
    let bounds = Bounds { heights: 2, views: 3, mistake: None };
    let mut wish = Wish { states: 20_000_000, bounds };
    while let Some(name) = words.next() {
        let value = words.next()?;
        match name.as_str() {
            "--states" => wish.states = value.parse().ok()?,
            "--heights" => wish.bounds.heights = value.parse().ok()?,
            "--views" => wish.bounds.views = value.parse().ok()?,
            "--mistake" if value == "bottom-up" => wish.bounds.mistake = Some(Mistake::BottomUp),
            "--mistake" if value == "number-first" => wish.bounds.mistake = Some(Mistake::NumberFirst),
            _ => return None,
        }
    }
    Some(wish)
}

fn tell(who: &str, found: &Figures, began: Instant) {
    let Figures { states, steps, depth, local, .. } = found;
    let (end, seconds) = (if found.cut { "cut short" } else { "to the end" }, began.elapsed().as_secs());
    println!(
        "{who}: {end} · states {states} · steps {steps} · depth {depth} · local states {local} · seconds {seconds}"
    );
    for (name, way) in &found.broken {
        println!("BROKEN: {name}");
        way.iter().for_each(|step| println!("  {step}"));
    }
}

/// The most memory that this process ever had, as Linux tells it.
fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}
