//! Runtime APIs: whatever anybody asks of a state, by any method's name, is answered by what it says alone.

use std::sync::LazyLock;

use tierchain_runtime::api::{ApiError, call};

use crate::calls::{State, executed};

/// The runtime's golden calls, as the seeds of the target `calls` tell them.
const STORIES: [&[u8]; 5] = [
    include_bytes!("../corpus/calls/seed-00"),
    include_bytes!("../corpus/calls/seed-01"),
    include_bytes!("../corpus/calls/seed-02"),
    include_bytes!("../corpus/calls/seed-03"),
    include_bytes!("../corpus/calls/seed-04"),
];

/// Most bytes of an error: what came is shown shortened.
const TOLD_MAX: usize = 1_024;

static STATES: LazyLock<[State; STORIES.len()]> = LazyLock::new(|| STORIES.map(|story| executed(story, usize::MAX)));

/// Which state, the method's name, a line end, its arguments. They are read to their end and no further.
pub fn fuzz_api(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    let state = &STATES[usize::from(*which) % STATES.len()];
    let line_end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (method, arguments) = rest.split_at(line_end);
    let method = String::from_utf8_lossy(method);
    let arguments = arguments.get(1..).unwrap_or_default();
    let answer = call(state, &method, arguments);
    match &answer {
        Err(error) => assert!(error.to_string().len() <= TOLD_MAX, "an error as long as what came"),
        Ok(_) => {
            let longer = call(state, &method, &[arguments, &[0]].concat());
            assert!(
                matches!(longer, Err(ApiError::Arguments { .. } | ApiError::TooLong { .. })),
                "it reads half of it"
            );
            if let Some((_, shorter)) = arguments.split_last() {
                let shorter = call(state, &method, shorter);
                assert!(matches!(shorter, Err(ApiError::Arguments { .. })), "it reads what didn't come");
            }
        }
    }
    assert_eq!(call(state, &method, arguments), answer, "another answer of the same state");
}
