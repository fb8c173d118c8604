//! What a certificate says of itself (RFC 5280, 4.1).

use aws_smithy_types::base64;
use simple_asn1::{ASN1Block, from_der};

use crate::model::time::Time;

/// A longer certificate, in bytes, is not looked into.
const LONGEST: usize = 16 * 1024;

/// The first certificate of a PEM file, in DER form.
pub(super) fn der(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (text, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let text: String = text.split_whitespace().collect();
    base64::decode(text).ok().filter(|der| !der.is_empty())
}

/// When it ends; `None` if that cannot be read. Whoever checks signatures is Microsoft; here it is only for a warning in time.
pub(super) fn ends(der: &[u8]) -> Option<Time> {
    let blocks = from_der(der.get(..der.len().min(LONGEST))?).ok()?;
    let signed = inside(blocks.first()?)?.first()?;
    // Of the sequences in the signed part (algorithm, issuer, validity, subject, key) the validity alone holds two times.
    inside(signed)?.iter().find_map(|part| match inside(part)? {
        [from, until] => moment(from).and(moment(until)),
        _ => None,
    })
}

fn inside(block: &ASN1Block) -> Option<&[ASN1Block]> {
    if let ASN1Block::Sequence(_, parts) = block {
        return Some(parts);
    }
    None
}

fn moment(block: &ASN1Block) -> Option<Time> {
    if let ASN1Block::UTCTime(_, time) | ASN1Block::GeneralizedTime(_, time) = block {
        return Some(Time::from_millis(
            time.assume_utc().unix_timestamp() * 1_000,
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `openssl req -x509 -newkey rsa:1024 -nodes -subj /CN=rollcall -days 365`; the key was thrown away.
    const PEM: &str = include_str!("certificate.pem");

    #[test]
    fn a_certificate_tells_when_it_ends_and_nonsense_does_not() {
        let der = der(PEM).unwrap();
        let until = ends(&der).unwrap();
        assert_eq!(until.to_string(), "2027-11-26T11:05:57.000Z");
        for nonsense in [&der[..der.len() / 2], b"a certificate", b""] {
            assert_eq!(ends(nonsense), None);
        }
    }
}
