//! Values as bytes and back, for entries of the cache. Reading gives nothing when the bytes make no sense.

use super::Key;

/// Collects bytes.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.bytes.extend(value.to_le_bytes());
    }

    /// A number that is mostly small: seven bits per byte, the lowest first.
    pub(super) fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    pub(super) fn i128(&mut self, value: i128) {
        self.bytes.extend(value.to_le_bytes());
    }

    pub(super) fn key(&mut self, key: &Key) {
        self.bytes.extend(key);
    }

    pub(super) fn text(&mut self, text: &[u8]) {
        self.u64(text.len() as u64);
        self.bytes.extend(text);
    }
}

/// Takes bytes from the front.
pub(super) struct Reader<'b> {
    pub(super) rest: &'b [u8],
}

impl<'b> Reader<'b> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*first)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A number that fits.
    pub(super) fn u32(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    pub(super) fn i128(&mut self) -> Option<i128> {
        self.take().map(i128::from_le_bytes)
    }

    pub(super) fn key(&mut self) -> Option<Key> {
        self.take()
    }

    pub(super) fn text(&mut self) -> Option<&'b [u8]> {
        let n_bytes = usize::try_from(self.u64()?).ok()?;
        let (text, rest) = self.rest.split_at_checked(n_bytes)?;
        self.rest = rest;
        Some(text)
    }
}

/// A number, and so many elements.
pub(super) fn read_list<'b, T>(
    reader: &mut Reader<'b>,
    mut element: impl FnMut(&mut Reader<'b>) -> Option<T>,
) -> Option<Vec<T>> {
    let n_elements = reader.number()?;
    (0..n_elements).map(|_| element(reader)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_come_back() {
        let numbers = (0..64).flat_map(|shift| [1 << shift, (1 << shift) - 1]).chain([u64::MAX]);
        for number in numbers {
            let mut writer = Writer::default();
            writer.number(number);
            let mut reader = Reader { rest: &writer.bytes };
            assert_eq!((reader.number(), reader.rest.len()), (Some(number), 0));
            assert_eq!(Reader { rest: &writer.bytes[1..] }.number().is_none(), number < 0x80);
        }
    }
}
