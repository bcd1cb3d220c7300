//! Frames: a u32 length, big endian, and so many bytes.
//!
//! The length is checked before anything is stored, and memory grows with the bytes that really come, so a peer that
//! announces much and sends little costs us little.

use std::io;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Memory is taken in steps of this size while a frame comes in.
const STEP_BYTES: usize = 256 * 1024;

/// Why no frame could be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// Longer than its channel allows.
    #[error("a frame of {bytes} bytes, above the limit of {limit}")]
    TooLarge {
        /// As announced.
        bytes: usize,
        /// As allowed.
        limit: usize,
    },
    /// The stream ended or broke.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads one frame of at most `limit` bytes.
pub(crate) async fn read_frame<R: AsyncRead + Unpin>(reader: &mut R, limit: usize) -> Result<Vec<u8>, FrameError> {
    let mut length = [0; 4];
    reader.read_exact(&mut length).await?;
    let bytes = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if bytes > limit {
        return Err(FrameError::TooLarge { bytes, limit });
    }
    let mut frame = Vec::new();
    while frame.len() < bytes {
        let start = frame.len();
        frame.resize(bytes.min(start + STEP_BYTES), 0);
        reader.read_exact(&mut frame[start..]).await?;
    }
    Ok(frame)
}

/// Writes one frame, without flushing.
pub(crate) async fn write_frame<W: AsyncWrite + Unpin>(writer: &mut W, frame: &[u8]) -> io::Result<()> {
    let length = u32::try_from(frame.len()).map_err(|_| io::Error::other("a frame is at most 4 GiB"))?;
    writer.write_all(&length.to_be_bytes()).await?;
    writer.write_all(frame).await
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::io::Cursor;

    use super::*;

    fn framed(frames: &[&[u8]]) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        for frame in frames {
            block_on(write_frame(&mut out, frame)).expect("a vector takes everything");
        }
        out.into_inner()
    }

    #[test]
    fn frames_come_back_as_written() {
        let long = vec![7; STEP_BYTES * 2 + 1];
        let frames: [&[u8]; 3] = [b"", b"vote", &long];
        let mut reader = Cursor::new(framed(&frames));
        for frame in frames {
            assert_eq!(block_on(read_frame(&mut reader, long.len())).expect("written above"), frame);
        }
        assert!(matches!(block_on(read_frame(&mut reader, 9)), Err(FrameError::Io(_))), "the end is an end");
    }

    #[test]
    fn the_limit_is_exact_and_checked_on_the_length_alone() {
        assert!(block_on(read_frame(&mut Cursor::new(framed(&[&[1; 8]])), 8)).is_ok());
        let announced = u32::MAX.to_be_bytes();
        let refused = block_on(read_frame(&mut Cursor::new(announced), 8));
        assert!(matches!(refused, Err(FrameError::TooLarge { limit: 8, .. })), "{refused:?}");
    }

    #[test]
    fn a_frame_cut_short_is_an_error() {
        let whole = framed(&[b"prepare"]);
        for cut in 0..whole.len() {
            assert!(block_on(read_frame(&mut Cursor::new(&whole[..cut]), 64)).is_err(), "cut at {cut}");
        }
    }
}
