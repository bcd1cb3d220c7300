//! Frames of the network: a peer that announces much and sends little costs little.

#[allow(dead_code)]
#[path = "../../network/src/frame.rs"]
mod code;

use futures::executor::block_on;
use futures::io::Cursor;

/// As consensus messages have it.
const LIMIT: usize = 1024 * 1024;

/// Frames, one after the other until one can't be read.
pub fn fuzz_frame(bytes: &[u8]) {
    let mut reader = Cursor::new(bytes);
    let mut again = Vec::new();
    while let Ok(frame) = block_on(code::read_frame(&mut reader, LIMIT)) {
        assert!(frame.len() <= LIMIT && frame.len() <= bytes.len());
        block_on(code::write_frame(&mut again, &frame)).expect("memory takes everything");
    }
    assert!(bytes.starts_with(&again), "what was read is written as it came");
}
