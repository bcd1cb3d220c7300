//! Base58, as addresses and peer ids are written.

const SYMBOLS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// The text of the bytes.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    // Little-endian base-58 digits of the number so far.
    let mut digits: Vec<u8> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let leading = core::iter::repeat_n('1', zeros);
    leading.chain(digits.iter().rev().map(|digit| char::from(SYMBOLS[usize::from(*digit)]))).collect()
}

/// The bytes of a text; none if a symbol of it isn't base58's. Takes time with the square of the length: bound it first.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    // Little-endian bytes of the number so far.
    let mut bytes: Vec<u8> = Vec::new();
    for symbol in text.bytes() {
        let mut carry = SYMBOLS.iter().position(|known| *known == symbol)? as u32;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry > 0 {
            bytes.push(carry as u8);
        }
    }
    let zeros = text.bytes().take_while(|symbol| *symbol == b'1').count();
    bytes.extend(core::iter::repeat_n(0, zeros));
    bytes.reverse();
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_back_from_their_text() {
        for bytes in [&[][..], &[0], &[0, 0, 1], &[255; 35]] {
            assert_eq!(decode(&encode(bytes)).as_deref(), Some(bytes));
        }
        assert_eq!(encode(b"Hello World!"), "2NEpo7TZRRrLZSi2U");
        assert_eq!(decode("0"), None);
    }
}
