//! A tenant that is entered with a certificate instead of a secret (F2; `graph-api.md 1.2`).

use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use aws_smithy_types::base64;
use local::contoso;
use local::demo::{EPOCH, customer, furnish};
use local::installation::{Installation, Options};
use local::microsoft::{self, Certificate, Microsoft};
use local::reference::Ledger;
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::clock::Clock;
use shared::model::lane::{Lane, Mark};
use shared::model::tenant::{Circuit, ReadinessLooks};

const HOUR: Duration = Duration::from_secs(3_600);

fn pem(what: &str, der: &[u8]) -> String {
    let text = base64::encode(der);
    format!("-----BEGIN {what}-----\n{text}\n-----END {what}-----\n")
}

/// Whom the tenant knows by their key: how many people were read, and whether the tenant stopped.
async fn read_with(key: &KeyPair, known: &KeyPair) -> (usize, bool) {
    // The tenant looks at the thumbprint and the key; whatever else a certificate says is Microsoft's affair.
    let certificate = b"a certificate";
    let thumbprint = base64::encode(Sha256::digest(certificate));
    let options = microsoft::Options {
        certificate: Some(Certificate {
            thumbprint: thumbprint
                .trim_end_matches('=')
                .replace('+', "-")
                .replace('/', "_"),
            public_key: Some(known.public_key().as_ref().into()),
        }),
        client_secret: "nobody knows it".to_owned(),
        ..microsoft::Options::calm()
    };
    let mut customer = customer(&options, ReadinessLooks::Scheduled);
    customer.secret = json!({
        "certificate": pem("CERTIFICATE", certificate),
        "key": pem("PRIVATE KEY", key.as_der().unwrap().as_ref()),
    })
    .to_string();
    let clock = Clock::steered(EPOCH, 1);
    let microsoft = Microsoft::in_memory(options, clock);
    furnish(&microsoft, &contoso::employees(20, 1));
    let options = Options::new(clock, 1);
    let installation = Installation::start(options, customer, microsoft.http())
        .await
        .unwrap();
    installation.ask(Lane::Sync, Mark::Pull).await.unwrap();
    tokio::select! {
        biased;
        () = clock.sleep(HOUR / 2) => {}
        () = installation.run() => {}
    }
    let people = Ledger::read(installation.cloud.table()).unwrap().people;
    let tenant = installation.admin.store.tenant(&installation.tenant);
    let circuit = tenant.await.unwrap().unwrap().circuit;
    (people.len(), circuit != Circuit::Closed)
}

/// F2: the key of the certificate that the tenant knows opens it; another key with the same thumbprint does not, and the tenant
/// says so and stops.
#[tokio::test(start_paused = true)]
async fn a_certificate_opens_the_tenant_and_another_key_does_not() {
    let [key, stranger] = [0, 1].map(|_| KeyPair::generate(KeySize::Rsa2048).unwrap());
    let (people, stopped) = read_with(&key, &key).await;
    assert!(people > 15 && !stopped, "{people} people");
    assert_eq!(read_with(&stranger, &key).await, (0, true));
}
