//! Choices made by bytes: the fuzzer decides what the test world leaves to chance.

/// A stream of choices. When the bytes are used up, always the first.
pub(crate) struct Random {
    bytes: Vec<u8>,
    at: usize,
}

impl Random {
    /// As the world starts; the bytes come afterwards.
    pub(crate) fn new(_: u64) -> Self {
        Self::from_bytes(&[])
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), at: 0 }
    }

    /// Whether all bytes are used up.
    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        byte
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let wide = if bound > 256 { u16::from_le_bytes([self.byte(), self.byte()]) } else { self.byte().into() };
        usize::from(wide) % bound.max(1)
    }

    /// True with about this many chances in a thousand.
    pub(crate) fn chance(&mut self, per_mille: usize) -> bool {
        usize::from(self.byte()) * 1_000 < per_mille * 256
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// Each of `from` with even chances.
    pub(crate) fn some_of<T: Copy>(&mut self, from: &[T]) -> Vec<T> {
        from.iter().copied().filter(|_| self.chance(500)).collect()
    }
}
