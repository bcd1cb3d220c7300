//! Seeds that failed once. They are run again with every campaign, for ever.
//!
//! One line per seed, as on the command line; what follows a `#` is for people.
//!
//! ```text
//! --seed 1175 --steps 2000 --mix liars   # mix 2: censorship by empty blocks was nobody's suspicion
//! ```

use std::path::Path;

use anyhow::{Context, bail};

use crate::mix::Mix;
use crate::profile::Options;

/// The runs that a file names.
///
/// # Errors
/// When it can't be read, or a line isn't one.
pub fn read(path: &Path) -> anyhow::Result<Vec<Options>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let runs = lines.filter(|line| !line.is_empty()).map(|line| parse(line).with_context(|| format!("in {line:?}")));
    runs.collect()
}

fn parse(line: &str) -> anyhow::Result<Options> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut options = Options::new(0, 2_000);
    for pair in words.chunks(2) {
        let [name, value] = pair else { bail!("{} has no value", pair[0]) };
        match *name {
            "--seed" => options.seed = value.parse()?,
            "--steps" => options.steps = value.parse()?,
            "--validators" => options.validators = Some(value.parse()?),
            "--mix" => options.mix = <Mix as clap::ValueEnum>::from_str(value, false).map_err(anyhow::Error::msg)?,
            other => bail!("{other} isn't an option of a failed seed"),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_run() {
        let expected = Options { mix: Mix::Liars, validators: Some(7), ..Options::new(17, 300) };
        assert_eq!(parse("--seed 17 --steps 300 --mix liars --validators 7").ok(), Some(expected));
        assert!(parse("--seed").is_err() && parse("--seed x").is_err() && parse("--what 1").is_err());
    }
}
