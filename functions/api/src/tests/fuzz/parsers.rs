//! Hostile bytes at what reads tokens and tables: a token that is not one of ours to the letter is nobody's, a table is read or refused
//! with a line in it (faults 37, 39; V6, V12).

use axum::body::Body;
use axum::http::{Request, StatusCode};
use local::hostile::{tries, variant};
use shared::model::access::Role;

use super::super::resources::lived_in;
use super::super::{TENANT, play};

/// In an ordinary test run; `ROLLCALL_FUZZ` says how many otherwise.
const FEW: u64 = 1_500;

/// Fault 37: whatever was done to a token, it opens nothing.
#[test]
fn tokens() {
    play(async {
        let house = lived_in(2, 1).await;
        let roles = [Role::Viewer, Role::Operator, Role::Administrator];
        let samples: Vec<Vec<u8>> = roles.map(|role| house.token(role).into_bytes()).into();
        let (mut let_in, mut refused) = (0, 0);
        for nth in 0..tries(FEW) {
            let token = variant(&samples, 4, nth);
            let header = [b"Bearer ".as_slice(), &token].concat();
            let request = Request::get(TENANT)
                .header("authorization", header)
                .body(Body::empty());
            // What is no header at all does not come this far.
            let Ok(request) = request else { continue };
            let answer = house.send(request).await;
            let is_ours = samples.contains(&token.trim_ascii().to_vec());
            let expected = if is_ours {
                StatusCode::OK
            } else {
                StatusCode::UNAUTHORIZED
            };
            assert_eq!(
                answer.status,
                expected,
                "{:?}",
                String::from_utf8_lossy(&token)
            );
            if is_ours { let_in += 1 } else { refused += 1 }
        }
        assert!(let_in > 10 && refused > 100, "{let_in} {refused}");
    });
}

/// Fault 39: a table of numbers or of orders is taken or refused, and never a fault of ours.
#[test]
fn tables() {
    play(async {
        let house = lived_in(2, 1).await;
        let numbers: [&[u8]; 4] = [
            b"number,range\n+442079460000,london\n",
            b"number,range,golden\n+442079460001,,true\n\"+442079460002\",\"london\",\"false\"\n",
            "\u{feff}number\r\n+442079460003\r\n".as_bytes(),
            b"number;range\n+442079460004;london\n",
        ];
        let orders: [&[u8]; 3] = [
            b"person,order\n00000000-0000-4000-8000-000000000001,offboard\n",
            b"person,order,persona,site\nsomebody@contoso.example,persona,sales,europe/london\n",
            b"person,order,site,number\n\"a, b\",move,europe/berlin,keep\n",
        ];
        let (mut taken, mut refused) = (0, 0);
        for nth in 0..tries(FEW) {
            let (path, samples) = if nth.is_multiple_of(2) {
                ("numbers/import?dry=true", numbers.to_vec())
            } else {
                ("files?dry=true", orders.to_vec())
            };
            let samples: Vec<Vec<u8>> = samples.into_iter().map(<[u8]>::to_vec).collect();
            let request = Request::post(format!("{TENANT}/{path}"))
                .header("content-type", "text/csv")
                .header(
                    "authorization",
                    format!("Bearer {}", house.token(Role::Administrator)),
                )
                .body(Body::from(variant(&samples, 5, nth)))
                .unwrap();
            let answer = house.send(request).await;
            match answer.status {
                StatusCode::OK | StatusCode::ACCEPTED => taken += 1,
                StatusCode::UNPROCESSABLE_ENTITY
                | StatusCode::BAD_REQUEST
                | StatusCode::CONFLICT => refused += 1,
                other => panic!("{path}: {other} {:?}", answer.body),
            }
        }
        assert!(taken > 10 && refused > 100, "{taken} {refused}");
    });
}
