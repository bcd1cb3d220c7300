//! What a program says on its standard streams, where whoever reads them may go away (`| head`, a log's collector that
//! dies).
//!
//! A result that nobody wants to read any further is no error, a complaint that nobody hears can't be complained about,
//! and a log that nobody reads must not end who writes it. `println!` and `eprintln!` panic instead, and so does
//! `tracing-subscriber`, whose fallback for a writer that fails is `eprintln!`; our programs deny both by lint.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Prints a part of a command's result at once; false when its reader has seen enough.
///
/// # Errors
/// When it can't be written for another reason: a disk that is full, for instance.
pub fn print(text: &str) -> io::Result<bool> {
    print_to(&mut io::stdout().lock(), text)
}

fn print_to(out: &mut impl Write, text: &str) -> io::Result<bool> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// Says something beside the result, as a line on standard error. When that fails, nobody is left to be told.
pub fn complain(what: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{what}");
}

/// Where log lines go: standard error, whether anybody reads it or not.
#[must_use]
pub fn log() -> Log<io::Stderr> {
    Log(io::stderr())
}

/// A writer that never fails: what can't be written is lost.
#[derive(Debug)]
pub struct Log<W>(W);

impl<W: Write> Write for Log<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.0.write(bytes).unwrap_or(bytes.len()))
    }

    /// In one piece, so that the lines of two threads don't mix.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let _ = self.0.write_all(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that always fails in one way.
    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_reader_that_has_seen_enough_is_no_error_and_a_full_disk_is() {
        assert_eq!(print_to(&mut Failing(ErrorKind::BrokenPipe), "text").ok(), Some(false));
        let full = print_to(&mut Failing(ErrorKind::StorageFull), "text").expect_err("nothing was written");
        assert_eq!(full.kind(), ErrorKind::StorageFull);
        let mut text = Vec::new();
        assert_eq!((print_to(&mut text, "text").ok(), text.as_slice()), (Some(true), b"text".as_slice()));
    }

    #[test]
    fn a_log_goes_on_into_nothing() {
        for kind in [ErrorKind::BrokenPipe, ErrorKind::StorageFull] {
            let mut log = Log(Failing(kind));
            assert_eq!(log.write(b"line").ok(), Some(4));
            assert!(log.write_all(b"line").is_ok() && log.flush().is_ok(), "{kind}");
        }
        let mut log = Log(Vec::new());
        log.write_all(b"line").expect("never fails");
        assert_eq!(log.0, b"line");
    }
}
