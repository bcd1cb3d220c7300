//! Lines out of a stream of bytes, bounded: no recording can make the agent hold more than one line of
//! [`LINE_BYTES_MAX`].

use std::io::{self, BufRead};

/// Most bytes of one native line. A longer one is skipped and counted.
pub(crate) const LINE_BYTES_MAX: usize = 64 * 1024;

/// One line of a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Line {
    /// Its bytes without LF or CR LF.
    Whole(Vec<u8>),
    /// It was longer than [`LINE_BYTES_MAX`]; its bytes are gone.
    TooLong,
}

/// Reads lines and knows how many bytes it has taken.
pub(crate) struct Lines<R> {
    input: R,
    offset: u64,
}

impl<R: BufRead> Lines<R> {
    /// Reads from the start of `input`.
    pub(crate) fn new(input: R) -> Self {
        Self { input, offset: 0 }
    }

    /// Bytes taken so far: where the next line begins.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next line, or none at the end. A last line without a line end counts.
    ///
    /// # Errors
    /// Whatever reading the input gives.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        let mut length = 0;
        loop {
            let available = self.input.fill_buf()?;
            if available.is_empty() {
                return Ok((length > 0).then(|| finish(line, length)));
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let part = &available[..end.unwrap_or(available.len())];
            length += part.len();
            // One byte more than allowed is kept: it may be the CR of a line that just fits.
            let room = (LINE_BYTES_MAX + 1).saturating_sub(line.len());
            line.extend_from_slice(&part[..part.len().min(room)]);
            let taken = part.len() + usize::from(end.is_some());
            self.input.consume(taken);
            self.offset += taken as u64;
            if end.is_some() {
                return Ok(Some(finish(line, length)));
            }
        }
    }
}

fn finish(mut line: Vec<u8>, length: usize) -> Line {
    let carriage_return = length == line.len() && line.last() == Some(&b'\r');
    if carriage_return {
        line.pop();
    }
    if length - usize::from(carriage_return) > LINE_BYTES_MAX { Line::TooLong } else { Line::Whole(line) }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    fn all(input: &[u8], capacity: usize) -> (Vec<Line>, u64) {
        let mut lines = Lines::new(BufReader::with_capacity(capacity, input));
        let mut out = Vec::new();
        while let Some(line) = lines.next_line().expect("memory can be read") {
            out.push(line);
        }
        (out, lines.offset())
    }

    #[test]
    fn line_ends_of_both_kinds_are_cut_and_the_last_line_needs_none() {
        let whole = |text: &str| Line::Whole(text.as_bytes().to_vec());
        let expected = vec![whole("a"), whole("b"), whole(""), whole("c\rd"), whole("e")];
        assert_eq!(all(b"a\r\nb\n\r\nc\rd\ne", 3), (expected, 12));
    }

    #[test]
    fn a_line_is_taken_up_to_the_limit_and_not_beyond() {
        for (length, end, taken) in [
            (LINE_BYTES_MAX, "\n", true),
            (LINE_BYTES_MAX, "\r\n", true),
            (LINE_BYTES_MAX, "", true),
            (LINE_BYTES_MAX + 1, "\n", false),
            (LINE_BYTES_MAX + 2, "\r\n", false),
            (LINE_BYTES_MAX * 3, "", false),
        ] {
            let mut input = vec![b'x'; length];
            input.extend_from_slice(end.as_bytes());
            let (lines, offset) = all(&input, 4_096);
            assert_eq!(lines.len(), 1);
            assert_eq!(matches!(&lines[0], Line::Whole(line) if line.len() == length), taken, "{length} {end:?}");
            assert_eq!(offset, input.len() as u64);
        }
    }

    proptest! {
        #[test]
        fn how_the_bytes_arrive_changes_nothing(input in proptest::collection::vec(any::<u8>(), 0..400), capacity in 1usize..50) {
            prop_assert_eq!(all(&input, capacity), all(&input, 1_024));
        }
    }
}
