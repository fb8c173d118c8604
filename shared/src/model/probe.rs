//! What a test of a tenant's connection has found (F4, F5), and how long its credential is good (F2).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::tenant::Capability;
use super::time::Time;

/// The last test of a tenant's connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// When it was made.
    pub at: Time,
    /// Why it failed, and what to do; `None` = Microsoft accepts us, and people can be read.
    #[serde(default)]
    pub failure: Option<String>,
    /// What Microsoft lets us do, as far as our token says so.
    #[serde(default)]
    pub may: BTreeMap<Capability, bool>,
    /// When the credential stops to be accepted; `None` = it does not say.
    #[serde(default)]
    pub credential_ends: Option<Time>,
}

/// An administrator is warned so many days before a credential ends, and when it has ended.
const WARNED: [u32; 4] = [30, 14, 3, 0];
const DAY: Duration = Duration::from_secs(24 * 3_600);

impl Probe {
    /// The warning that is due: the least of 30, 14, 3 and 0 days that are left at most.
    pub fn warning(&self, now: Time) -> Option<u32> {
        let ends = self.credential_ends?;
        WARNED
            .into_iter()
            .filter(|days| ends <= now + DAY * *days)
            .min()
    }

    /// The sentence for it, for an administrator.
    pub fn warning_sentence(&self, now: Time) -> Option<String> {
        let (ends, days) = (self.credential_ends?, self.warning(now)?);
        Some(if days == 0 {
            format!("the credential ended at {ends}; store a new one")
        } else {
            format!("the credential ends at {ends}, in {days} days or less; store a new one before")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F2: 30, 14 and 3 days ahead, and when it is too late.
    #[test]
    fn a_credential_warns_before_it_ends() {
        let now = Time::from_millis(1_800_000_000_000);
        let minute = Duration::from_secs(60);
        let probe = |ends: Option<Time>| Probe {
            at: now,
            failure: None,
            may: BTreeMap::new(),
            credential_ends: ends,
        };
        let check = |ends: Time, expected: Option<u32>| {
            assert_eq!(probe(Some(ends)).warning(now), expected, "{ends}");
        };
        check(now + DAY * 30 + minute, None);
        check(now + DAY * 30, Some(30));
        check(now + DAY * 14 + minute, Some(30));
        check(now + DAY * 14, Some(14));
        check(now + DAY * 3, Some(3));
        check(now + minute, Some(3));
        check(now - minute, Some(0));
        assert_eq!(probe(None).warning(now), None);
        let sentence = probe(Some(now + DAY)).warning_sentence(now).unwrap();
        assert!(sentence.contains("in 3 days or less"), "{sentence}");
    }
}
