//! Lists, bytes and text from outside: each is measured against its limit before it is read.

use parity_scale_codec::{Compact, Decode, Error, Input};

/// A list of at most `max` values.
pub(crate) fn list<T: Decode, I: Input>(input: &mut I, max: usize) -> Result<Vec<T>, Error> {
    let count = length(input, max, "a list that is too long")?;
    // The count is only announced so far: memory is taken as values arrive.
    let mut values = Vec::with_capacity(count.min(64));
    for _ in 0..count {
        values.push(T::decode(input)?);
    }
    Ok(values)
}

/// At most `max` bytes.
pub(crate) fn bytes<I: Input>(input: &mut I, max: usize) -> Result<Vec<u8>, Error> {
    let count = length(input, max, "a byte string that is too long")?;
    let mut bytes = vec![0; count];
    input.read(&mut bytes)?;
    Ok(bytes)
}

/// At most `max` bytes of UTF-8.
pub(crate) fn text<I: Input>(input: &mut I, max: usize) -> Result<String, Error> {
    String::from_utf8(bytes(input, max)?).map_err(|_| "a text that isn't UTF-8".into())
}

fn length<I: Input>(input: &mut I, max: usize, too_long: &'static str) -> Result<usize, Error> {
    let count = Compact::<u32>::decode(input)?.0 as usize;
    if count > max { Err(too_long.into()) } else { Ok(count) }
}

#[cfg(test)]
mod tests {
    use parity_scale_codec::Encode;

    use super::*;

    #[test]
    fn a_limit_holds_before_anything_is_read() {
        let announced = Compact(5u32).encode();
        assert!(bytes(&mut announced.as_slice(), 4).is_err());
        assert!(list::<u8, _>(&mut announced.as_slice(), 4).is_err());
        let fits = vec![1u8, 2, 3, 4].encode();
        assert_eq!(bytes(&mut fits.as_slice(), 4), Ok(vec![1, 2, 3, 4]));
        assert_eq!(list::<u8, _>(&mut fits.as_slice(), 4), Ok(vec![1, 2, 3, 4]));
    }

    #[test]
    fn text_is_utf_8() {
        let wrong = vec![0xffu8].encode();
        assert!(text(&mut wrong.as_slice(), 4).is_err());
    }
}
