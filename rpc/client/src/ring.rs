//! The validators that a program was told of: one answers questions, f + 1 get each extrinsic.
//!
//! Questions go to one validator until it fails, then to the next, for ever: whatever it says is final, but another
//! may be behind it, so [`Ring::turns`] tells when the answers of two questions can't be put together.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::{sleep, timeout};

use crate::backoff::{Backoff, Pacing};
use crate::ledger::{AskError, Chain, Ledger, SubmitError};

/// How long a validator may take to answer.
const ANSWER_TIME_OUT: Duration = Duration::from_secs(5);

/// The validators.
#[derive(Debug)]
pub struct Ring<L> {
    members: Vec<L>,
    at: usize,
    turns: u64,
    /// How many get each extrinsic.
    fan_out: usize,
    pacing: Pacing,
}

impl<L: Ledger> Ring<L> {
    /// A ring of at least one validator.
    ///
    /// # Panics
    /// Where there is none: the command line asks for at least one `--rpc`.
    #[must_use]
    pub fn new(members: Vec<L>, pacing: Pacing) -> Self {
        assert!(!members.is_empty(), "the command line asks for at least one --rpc");
        Self { members, at: 0, turns: 0, fan_out: 1, pacing }
    }

    /// How long to wait for what.
    #[must_use]
    pub fn pacing(&self) -> Pacing {
        self.pacing
    }

    /// How often the answering validator has changed.
    #[must_use]
    pub fn turns(&self) -> u64 {
        self.turns
    }

    /// Asks which chain it is, and learns from it how many validators must get an extrinsic for an honest one to be
    /// among them.
    pub async fn meet(&mut self) -> Chain {
        let chain = self.ask("which chain it is of", async |ledger: &L| ledger.chain().await).await;
        let faulty = chain.validators.saturating_sub(1) / 3;
        self.fan_out = (faulty + 1).min(self.members.len());
        chain
    }

    /// Asks until somebody answers.
    pub async fn ask<T>(&mut self, what: &'static str, question: impl AsyncFn(&L) -> Result<T, AskError>) -> T {
        let mut backoff = Backoff::new(&self.pacing);
        loop {
            let mut silence = Vec::with_capacity(self.members.len());
            for _ in 0..self.members.len() {
                let member = &self.members[self.at];
                let error = match timeout(ANSWER_TIME_OUT, question(member)).await {
                    Ok(Ok(answer)) => return answer,
                    Ok(Err(error)) => error.0,
                    Err(_) => format!("no answer within {} s", ANSWER_TIME_OUT.as_secs()),
                };
                tracing::debug!(validator = member.name(), what, error, "asking the next validator");
                silence.push(format!("{}: {error}", member.name()));
                self.turn();
            }
            let wait = backoff.next();
            let silence = silence.join("; ");
            tracing::warn!(what, wait_ms = wait.as_millis() as u64, silence, "no validator answers; trying again");
            sleep(wait).await;
        }
    }

    /// Hands an extrinsic to f + 1 validators at once. It is taken when one of them has taken it.
    ///
    /// # Errors
    /// [`SubmitError::Never`] when every validator asked says that it never can be; otherwise
    /// [`SubmitError::Later`]: [turn](Self::turn) to others.
    pub async fn submit(&self, extrinsic: &[u8]) -> Result<(), SubmitError> {
        let count = self.members.len();
        let asked = (0..self.fan_out).map(|step| &self.members[(self.at + step) % count]);
        let answers = join_all(asked.map(async |member| {
            let answer = timeout(ANSWER_TIME_OUT, member.submit(extrinsic)).await;
            let answer = answer.unwrap_or_else(|_| Err(SubmitError::Later("no answer in time".into())));
            answer.inspect_err(|error| tracing::debug!(validator = member.name(), %error, "an extrinsic was not taken"))
        }))
        .await;
        if answers.iter().any(Result::is_ok) {
            return Ok(());
        }
        let mut refusals = answers.into_iter().filter_map(Result::err).collect::<Vec<_>>();
        let temporary = refusals.iter().position(|refusal| matches!(refusal, SubmitError::Later(_)));
        Err(refusals.swap_remove(temporary.unwrap_or(0)))
    }

    /// Asks the next validator from now on.
    pub fn turn(&mut self) {
        self.at = (self.at + 1) % self.members.len();
        self.turns += 1;
    }
}
