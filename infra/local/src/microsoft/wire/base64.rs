//! Base64 with the alphabet of URLs and without padding: ids of the Teams back end, parts of a signed assertion.

use aws_smithy_types::base64;

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    let text = base64::encode(bytes).replace('+', "-").replace('/', "_");
    text.trim_end_matches('=').to_owned()
}

/// `None` for what is not such a text.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut padded = text.replace('-', "+").replace('_', "/");
    while !padded.len().is_multiple_of(4) {
        padded.push('=');
    }
    base64::decode(padded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        assert_eq!(encode([0xfb, 0xff, 0xfe, 0x01]), "-__-AQ");
        assert_eq!(decode("-__-AQ"), Some(vec![0xfb, 0xff, 0xfe, 0x01]));
        assert_eq!(decode("?"), None);
    }
}
