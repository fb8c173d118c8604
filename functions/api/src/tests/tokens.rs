//! F149: who is nobody: every tampered token is refused the same way, and nothing is read for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use futures::FutureExt;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use local::issuer::{self, ISSUER, Issuer};
use serde_json::{Value, json};
use shared::app::Documents;
use shared::error::{Error, Kind};
use shared::model::access::Role;
use shared::model::tenant::TenantId;
use shared::model::time::Time;

use super::{House, people, play};
use crate::Verifier;

fn contoso() -> TenantId {
    TenantId::parse("contoso").unwrap()
}

/// Base64 as tokens are written in (RFC 4648, section 5).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let word = three
            .iter()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            let digit = word >> (18 - 6 * place) & 63;
            text.push(char::from(DIGITS[usize::try_from(digit).unwrap()]));
        }
    }
    text
}

fn part(value: &Value) -> String {
    base64(value.to_string().as_bytes())
}

/// The claims with one of them changed; `None` = taken away.
fn with(good: &Value, name: &str, value: Option<Value>) -> Value {
    let mut claims = good.clone();
    match value {
        Some(value) => claims[name] = value,
        None => drop(claims.as_object_mut().unwrap().remove(name)),
    }
    claims
}

/// Claims that are signed as they should be, and still are nobody's.
fn wrong_claims(good: &Value, now: i64) -> Vec<(String, Value)> {
    let wrong: &[(&str, &[Option<Value>])] = &[
        (
            "iss",
            &[
                None,
                Some(json!("https://sts.windows.net/x/")),
                Some(json!(format!("{ISSUER}/"))),
                Some(json!([ISSUER])),
                Some(Value::Null),
                Some(json!(7)),
            ],
        ),
        (
            "aud",
            &[
                None,
                Some(json!("someone-else")),
                Some(json!(["a", "b"])),
                Some(json!([])),
                Some(Value::Null),
                Some(json!("Rollcall")),
            ],
        ),
        (
            "exp",
            &[
                None,
                Some(json!(now - 60)),
                Some(json!(0)),
                Some(json!(-1)),
                Some(json!("4102444800")),
                Some(Value::Null),
            ],
        ),
        ("nbf", &[Some(json!(now + 61)), Some(json!("0"))]),
        ("sub", &[None, Some(json!("")), Some(json!(["x"]))]),
        (
            "grants",
            &[
                Some(json!("contoso")),
                Some(json!([{"tenant": "contoso", "role": "root"}])),
                Some(json!([{"tenant": "contoso"}])),
            ],
        ),
    ];
    let changed = wrong.iter().flat_map(|(name, values)| {
        values.iter().map(move |value| {
            let what = format!("{name} is {value:?}");
            (what, with(good, name, value.clone()))
        })
    });
    changed.collect()
}

/// Tokens that were tampered with, or made up, each with what is wrong.
fn tampered(house: &House) -> Vec<(String, String)> {
    let now = house.stage.clock.now();
    let claims = issuer::claims(Role::Administrator, &contoso(), now);
    let (ours, stranger) = (&house.issuer, Issuer::new().unwrap());
    let good = ours.sign(&claims).unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        unreachable!()
    };
    let mut tokens: Vec<(String, String)> = Vec::new();
    let mut add = |what: String, token: String| tokens.push((what, token));

    for text in ["", "x", ".", "..", "...", "a.b.c", "a.b.c.d", "null"] {
        add(format!("no token: {text:?}"), text.to_owned());
    }
    add("no signature".to_owned(), format!("{header}.{payload}."));
    add("two parts".to_owned(), format!("{header}.{payload}"));
    add("a part too many".to_owned(), format!("{good}.{signature}"));
    add(
        "a cut signature".to_owned(),
        good[..good.len() - 4].to_owned(),
    );
    add("twice".to_owned(), format!("{good},{good}"));
    add(
        "too long".to_owned(),
        format!("{good}{}", "A".repeat(32_000)),
    );
    for place in (0..good.len() - 1).step_by(good.len() / 24) {
        let mut bytes = good.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        add(
            format!("another character at {place}"),
            String::from_utf8(bytes).unwrap(),
        );
    }
    let other = issuer::claims(Role::Viewer, &contoso(), now);
    add(
        "the signature of another token".to_owned(),
        format!("{header}.{}.{signature}", part(&other)),
    );
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let header = json!({"alg": none, "typ": "JWT", "kid": ours.key_id()});
        for signature in ["", signature] {
            let token = format!("{}.{payload}.{signature}", part(&header));
            add(
                format!("alg {none:?}, {} characters", signature.len()),
                token,
            );
        }
    }
    let sign = |algorithm, id: Option<&str>, key: &EncodingKey| {
        let mut header = Header::new(algorithm);
        header.kid = id.map(str::to_owned);
        jsonwebtoken::encode(&header, &claims, key).unwrap()
    };
    let public: Value = serde_json::from_slice(ours.keys()).unwrap();
    let modulus = public["keys"][0]["n"].as_str().unwrap();
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        for secret in [
            modulus.as_bytes(),
            ours.keys(),
            ours.key_id().as_bytes(),
            b"",
        ] {
            let key = EncodingKey::from_secret(secret);
            let what = format!("{algorithm:?} with {} public bytes", secret.len());
            add(what, sign(algorithm, Some(ours.key_id()), &key));
        }
    }
    let key = EncodingKey::from_rsa_pem(ours.pem().as_bytes()).unwrap();
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        add(
            format!("{algorithm:?}"),
            sign(algorithm, Some(ours.key_id()), &key),
        );
    }
    for id in [
        None,
        Some(""),
        Some("unknown"),
        Some("../keys"),
        Some(stranger.key_id()),
    ] {
        add(format!("key id {id:?}"), sign(Algorithm::RS256, id, &key));
    }
    let foreign = EncodingKey::from_rsa_pem(stranger.pem().as_bytes()).unwrap();
    add(
        "another key".to_owned(),
        sign(Algorithm::RS256, Some(ours.key_id()), &foreign),
    );
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_slice(stranger.keys()).unwrap();
    let mut carried = Header::new(Algorithm::RS256);
    carried.kid = Some(ours.key_id().to_owned());
    carried.jwk = Some(set.keys[0].clone());
    carried.jku = Some("https://evil.invalid/keys".to_owned());
    let token = jsonwebtoken::encode(&carried, &claims, &foreign).unwrap();
    add("a key of its own".to_owned(), token);
    for (what, claims) in wrong_claims(&claims, now.millis() / 1_000) {
        add(what, ours.sign(&claims).unwrap());
    }
    tokens
}

#[test]
fn a_tampered_token_is_nobodys_and_nothing_is_read_for_it() {
    play(async {
        let house = House::of(people(2)).await;
        let tokens = tampered(&house);
        assert!(tokens.len() > 80, "{}", tokens.len());
        let before = house.table_requests();
        let mut said = Vec::new();
        for (what, token) in &tokens {
            for path in ["/v1/tenants", "/v1/tenants/contoso/people"] {
                let request = Request::get(path).header("authorization", format!("Bearer {token}"));
                let answer = house.send(request.body(Body::empty()).unwrap()).await;
                assert!(
                    answer.is_problem(401, "unauthenticated"),
                    "{what}: {answer:?}"
                );
                assert_eq!(answer.headers["www-authenticate"], "Bearer", "{what}");
                said.push(answer.detail().to_owned());
            }
        }
        said.dedup();
        assert_eq!(said.len(), 1, "the answer tells what was wrong: {said:?}");
        assert_eq!(house.table_requests(), before);
        assert_eq!(house.get("/v1/tenants").await.status, 200);
        assert!(house.table_requests() > before);
    });
}

#[test]
fn a_good_token_in_the_wrong_place_is_nobodys() {
    play(async {
        let house = House::of(people(2)).await;
        let token = house.token(Role::Administrator);
        let before = house.table_requests();
        let cases: &[&[(&str, String)]] = &[
            &[],
            &[("authorization", token.clone())],
            &[("authorization", format!("Basic {token}"))],
            &[("authorization", format!("Bearer  {token}"))],
            &[("authorization", format!("Bearer{token}"))],
            &[("x-authorization", format!("Bearer {token}"))],
            &[
                ("authorization", format!("Bearer {token}")),
                ("authorization", "Bearer x".to_owned()),
            ],
        ];
        for headers in cases {
            let mut request = Request::get(format!("/v1/tenants?access_token={token}"));
            for (name, value) in *headers {
                request = request.header(*name, value);
            }
            let answer = house.send(request.body(Body::empty()).unwrap()).await;
            assert!(answer.is_problem(401, "unauthenticated"), "{answer:?}");
        }
        assert_eq!(house.table_requests(), before);
    });
}

/// A key source that counts, and fails while it is told to.
fn counted(issuer: &Issuer, asked: &Arc<AtomicUsize>, fails: &Arc<AtomicUsize>) -> Documents {
    let (keys, asked, fails) = (issuer.keys().clone(), Arc::clone(asked), Arc::clone(fails));
    Arc::new(move |_| {
        asked.fetch_add(1, Ordering::Relaxed);
        let answer = if fails.load(Ordering::Relaxed) > 0 {
            Err(Error::new(Kind::Unavailable, "no keys today"))
        } else {
            Ok(keys.clone())
        };
        std::future::ready(answer).boxed()
    })
}

/// However many unknown key ids come, an issuer's keys are asked for once a minute; a key that cannot be looked up is not taken
/// for a wrong one; keys are believed for two hours.
#[test]
fn keys_are_asked_for_once_a_minute() {
    play(async {
        let clock = shared::clock::Clock::steered(Time::from_millis(1_767_600_000_000), 1);
        let (issuer, stranger) = (Issuer::new().unwrap(), Issuer::new().unwrap());
        let (asked, fails) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let verifier = Verifier::new(Issuer::access(), counted(&issuer, &asked, &fails), clock);
        let good = || issuer.token(Role::Viewer, &contoso(), clock.now()).unwrap();
        let unknown = || {
            stranger
                .token(Role::Viewer, &contoso(), clock.now())
                .unwrap()
        };
        let count = || asked.load(Ordering::Relaxed);

        fails.store(1, Ordering::Relaxed);
        let error = verifier.caller(&good()).await.unwrap_err();
        assert_eq!((error.kind(), count()), (&Kind::Unavailable, 1));
        fails.store(0, Ordering::Relaxed);
        assert!(verifier.caller(&good()).await.is_err());
        clock.sleep(Duration::from_secs(60)).await;
        assert_eq!(
            verifier.caller(&good()).await.unwrap().unwrap().name,
            "Vera Vogt"
        );
        assert_eq!(count(), 2);
        for _ in 0..50 {
            assert_eq!(verifier.caller(&unknown()).await.unwrap(), None);
        }
        assert_eq!(count(), 2);
        clock.sleep(Duration::from_secs(60)).await;
        for _ in 0..50 {
            assert_eq!(verifier.caller(&unknown()).await.unwrap(), None);
            assert!(verifier.caller(&good()).await.unwrap().is_some());
        }
        assert_eq!(count(), 3);
        // After an hour they are to be read again; if that cannot be, they are believed for one more.
        fails.store(1, Ordering::Relaxed);
        clock.sleep(Duration::from_secs(3_599)).await;
        assert!(verifier.caller(&good()).await.unwrap().is_some());
        assert_eq!(count(), 3);
        clock.sleep(Duration::from_secs(1)).await;
        assert!(verifier.caller(&good()).await.unwrap().is_some());
        assert_eq!(count(), 4);
        clock.sleep(Duration::from_secs(3_599)).await;
        assert!(verifier.caller(&good()).await.unwrap().is_some());
        clock.sleep(Duration::from_secs(1)).await;
        assert!(verifier.caller(&good()).await.is_err());
        fails.store(0, Ordering::Relaxed);
        clock.sleep(Duration::from_secs(60)).await;
        assert!(verifier.caller(&good()).await.unwrap().is_some());
    });
}
