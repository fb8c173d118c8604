//! Tokens for who signs with a certificate.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA256};

use super::*;
use crate::microsoft::Certificate;
use crate::microsoft::wire::base64;

const THUMBPRINT: &str = "A1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1vW2xY3zA4bC";

fn sign(key: &KeyPair, head: &Value, claims: &Value) -> String {
    let text = format!(
        "{}.{}",
        base64::encode(head.to_string()),
        base64::encode(claims.to_string())
    );
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PSS_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{text}.{}", base64::encode(signature))
}

#[tokio::test(start_paused = true)]
async fn a_certificate_buys_a_token_if_everything_is_right() {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let stranger = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let client = Client::of(Options {
        certificate: Some(Certificate {
            thumbprint: THUMBPRINT.into(),
            public_key: Some(key.public_key().as_ref().into()),
        }),
        ..Options::calm()
    })
    .await;
    let (id, tenant) = (
        client.options.client_id.clone(),
        client.options.tenant_id.clone(),
    );
    let now = client.clock.now().millis() / 1_000;
    let head = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": THUMBPRINT});
    let claims = json!({
        "aud": format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"),
        "iss": id, "sub": id, "jti": "1", "nbf": now, "iat": now, "exp": now + 300,
    });
    let ask = async |assertion: String| {
        let form = format!(
            "client_id={id}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&grant_type=client_credentials\
             &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={assertion}"
        );
        client.ask_token(&tenant, &form).await
    };
    let with = |whole: &Value, name: &str, value: Value| {
        let mut changed = whole.clone();
        changed[name] = value;
        changed
    };
    let reply = ask(sign(&key, &head, &claims)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let ours = format!("http://graph.local/{tenant}/oauth2/v2.0/token");
    let reply = ask(sign(&key, &head, &with(&claims, "aud", json!(ours)))).await;
    assert_eq!(reply.status, 200);

    for (assertion, number) in [
        ("nonsense".to_owned(), 50_027),
        (sign(&stranger, &head, &claims), 700_027),
        (
            sign(&key, &with(&head, "x5t#S256", json!("other")), &claims),
            700_027,
        ),
        (
            sign(&key, &with(&head, "alg", json!("none")), &claims),
            700_027,
        ),
        (
            sign(&key, &head, &with(&claims, "iss", json!("other"))),
            700_021,
        ),
        (
            sign(&key, &head, &with(&claims, "sub", json!("other"))),
            700_021,
        ),
        (
            sign(&key, &head, &with(&claims, "aud", json!("other"))),
            700_023,
        ),
        (
            sign(&key, &head, &with(&claims, "exp", json!(now))),
            700_024,
        ),
        (
            sign(&key, &head, &with(&claims, "nbf", json!(now + 1))),
            700_024,
        ),
    ] {
        let reply = ask(assertion).await;
        assert_eq!(
            (
                reply.status,
                &reply.body["error"],
                &reply.body["error_codes"]
            ),
            (401, &json!("invalid_client"), &json!([number]))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_certificate_no_assertion_is_believed() {
    let client = Client::calm().await;
    let form = format!(
        "client_id={}&scope=x%2F.default&grant_type=client_credentials&client_assertion=a.b.c\
         &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
        client.options.client_id
    );
    assert_eq!(
        client
            .ask_token(&client.options.tenant_id, &form)
            .await
            .status,
        401
    );
}
