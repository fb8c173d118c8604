//! A set of small numbers, one bit each: who of half a million people was seen fits in 62 KB.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// A set of numbers from 0. Stored as bytes (DynamoDB's type `B`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<u8>);

impl Bits {
    /// Puts a number in.
    pub fn insert(&mut self, number: u32) {
        let (byte, bit) = place(number);
        if byte >= self.0.len() {
            self.0.resize(byte + 1, 0);
        }
        if let Some(byte) = self.0.get_mut(byte) {
            *byte |= bit;
        }
    }

    /// Whether a number is in.
    pub fn contains(&self, number: u32) -> bool {
        let (byte, bit) = place(number);
        self.0.get(byte).is_some_and(|byte| byte & bit != 0)
    }

    /// How large it is.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Nothing is in.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }
}

fn place(number: u32) -> (usize, u8) {
    let byte = usize::try_from(number / 8).unwrap_or(usize::MAX - 1);
    (byte, 1 << (number % 8))
}

impl Serialize for Bits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl<'de> Visitor<'de> for Bytes {
            type Value = Bits;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bits, E> {
                Ok(Bits(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bits, E> {
                Ok(Bits(bytes))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bits, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bits(bytes))
            }
        }

        deserializer.deserialize_byte_buf(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_in_also_after_it_was_stored() {
        let mut bits = Bits::default();
        assert!(bits.is_empty() && !bits.contains(0) && !bits.contains(u32::MAX));
        for number in [0, 7, 8, 499_999] {
            bits.insert(number);
        }
        assert_eq!(bits.bytes(), 62_500);
        let stored: serde_dynamo::AttributeValue = serde_dynamo::to_attribute_value(&bits).unwrap();
        assert!(matches!(&stored, serde_dynamo::AttributeValue::B(bytes) if bytes.len() == 62_500));
        let read: Bits = serde_dynamo::from_attribute_value(stored).unwrap();
        let found: Vec<u32> = (0..600_000)
            .filter(|number| read.contains(*number))
            .collect();
        assert_eq!(found, [0, 7, 8, 499_999]);
        assert_eq!(
            serde_json::from_value::<Bits>(serde_json::to_value(&read).unwrap()).unwrap(),
            bits
        );
    }
}
