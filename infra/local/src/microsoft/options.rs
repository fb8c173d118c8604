//! How the simulated tenant behaves: its identity, its delays, its moods.

use std::collections::BTreeSet;
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// What a simulated tenant is made with. [`Options::default`] is as slow and moody as Microsoft, [`Options::calm`] does
/// everything at once.
#[derive(Clone, Debug)]
pub struct Options {
    /// Scheme, host and port under which the tenant is reached; every absolute link in an answer begins with it.
    pub base_url: String,
    /// The Microsoft 365 tenant, as it stands in the path of the token endpoint.
    pub tenant_id: String,
    /// The application that may ask for tokens.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// A certificate that does as well as the secret.
    pub certificate: Option<Certificate>,
    /// The application permissions that were consented to; a token keeps those of the moment it was issued.
    pub roles: BTreeSet<String>,
    /// A token tells nobody what it allows: its format belongs to Graph, and may change.
    pub opaque_tokens: bool,
    /// Decides everything that is left to chance. Same seed, same requests, same moments: same answers.
    pub seed: u64,
    /// Least and longest time from a Teams licence to an eligible Teams user; each person has a place of their own in between.
    pub readiness: (Duration, Duration),
    /// A write of ours is seen by reads of the directory (and by delta) after 0 to this.
    pub staleness: Duration,
    /// An assigned or removed policy or number is seen at the Teams user after 0 to this.
    pub policy_delay: Duration,
    /// Least and longest time from an accepted order of a number until it is carried out. Nobody has published any.
    pub number_delay: (Duration, Duration),
    /// How long the operation of an order is found; not published either.
    pub operation_life: Duration,
    /// Least and longest time from a change of members until the licence service gets to it.
    pub group_licence_delay: (Duration, Duration),
    /// The licence service sees a newly set usage location after this.
    pub location_lag: Duration,
    /// How many of 1,000 requests are answered 429 for no reason of ours.
    pub throttle_permille: u32,
    /// How many of 1,000 further pages of a delta round begin with the last object of the page before.
    pub repeat_permille: u32,
    /// How many of 1,000 pages come empty, with a link to the same place.
    pub empty_page_permille: u32,
    /// Directory writes that app and tenant have in 150 s (`graph-api.md 7.1`).
    pub write_budget: u32,
    /// Resource units of the directory that app and tenant have in 10 s.
    pub unit_budget: u32,
    /// Requests to the Teams administration that app and tenant have in a second. Its limit is not published; this is that of
    /// the Teams service.
    pub teams_budget: u32,
    /// Whether every change is remembered for [`super::Microsoft::history`].
    pub keep_history: bool,
}

/// A certificate of the application, as the tenant knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of the DER certificate, in base64 for URLs: the `x5t#S256` of an assertion.
    pub thumbprint: String,
    /// The RSA public key in DER, bare or as `SubjectPublicKeyInfo`; without it signatures are not checked.
    pub public_key: Option<Vec<u8>>,
}

impl Options {
    /// Nothing is late, stale, repeated, empty or throttled; only the write budget remains.
    pub fn calm() -> Self {
        Self {
            readiness: (Duration::ZERO, Duration::ZERO),
            staleness: Duration::ZERO,
            policy_delay: Duration::ZERO,
            number_delay: (Duration::ZERO, Duration::ZERO),
            group_licence_delay: (Duration::ZERO, Duration::ZERO),
            location_lag: Duration::ZERO,
            throttle_permille: 0,
            repeat_permille: 0,
            empty_page_permille: 0,
            unit_budget: u32::MAX,
            teams_budget: u32::MAX,
            ..Self::default()
        }
    }
}

impl Default for Options {
    /// Delays as seen in the field (`graph-api.md 10`), the provisioning permissions of section 12 there.
    fn default() -> Self {
        Self {
            base_url: "http://graph.local".into(),
            tenant_id: "3ee94420-e0a8-4e3b-8b94-2b3b4c1c9f11".into(),
            client_id: "9f6a4b0e-6c5a-4a0e-9d57-1f0c3c1d7b55".into(),
            client_secret: "rollcall-local-secret".into(),
            certificate: None,
            roles: [
                "User.Read.All",
                "User.ReadWrite.All",
                "User.EnableDisableAccount.All",
                "User.RevokeSessions.All",
                "LicenseAssignment.Read.All",
                "LicenseAssignment.ReadWrite.All",
                "Group.Read.All",
                "GroupMember.ReadWrite.All",
                "TeamsUserConfiguration.Read.All",
                "TeamsPolicyUserAssign.ReadWrite.All",
                "TeamsTelephoneNumber.Read.All",
                "TeamsTelephoneNumber.ReadWrite.All",
            ]
            .map(String::from)
            .into(),
            opaque_tokens: false,
            seed: 1,
            readiness: (
                Duration::from_secs(10 * MINUTE),
                Duration::from_secs(6 * HOUR),
            ),
            staleness: Duration::from_secs(30),
            policy_delay: Duration::from_secs(10 * MINUTE),
            number_delay: (Duration::from_secs(5), Duration::from_secs(2 * MINUTE)),
            operation_life: Duration::from_secs(24 * HOUR),
            group_licence_delay: (
                Duration::from_secs(MINUTE),
                Duration::from_secs(30 * MINUTE),
            ),
            location_lag: Duration::from_secs(MINUTE),
            throttle_permille: 5,
            repeat_permille: 200,
            empty_page_permille: 50,
            write_budget: 3_000,
            unit_budget: 8_000,
            teams_budget: 30,
            keep_history: true,
        }
    }
}
