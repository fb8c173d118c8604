//! Every story of `tests::stories`, on the embedded cloud and its virtual clock.

use std::sync::Arc;
use std::time::Duration;

use api::Verifier;
use axum::body::Body;
use bytes::Bytes;
use local::contoso;
use local::demo::EPOCH;
use local::installation::{Installation, Options, Schedules};
use local::issuer::Issuer;
use local::microsoft::{self, Microsoft};
use local::reference::{self, Ledger};
use shared::clock::Clock;
use shared::graph::{Http, TransportError};
use shared::model::tenant::TenantId;
use tests::each_story;
use tests::stories::{self, Part, Patience, Scene};
use tower::{ServiceExt, service_fn};

/// As slow as Microsoft may well be.
const TEMPO: Duration = Duration::from_secs(60);
const PATIENCE: Patience = Patience {
    look: Duration::from_secs(60),
    longest: Duration::from_secs(12 * 3_600),
};

async fn tell<T: Future<Output = ()>>(parts: &[Part], story: impl FnOnce(Scene) -> T) {
    let clock = Clock::steered(EPOCH, 1);
    let plain = microsoft::Options::default();
    let options = stories::tenant(plain.base_url, plain.tenant_id, TEMPO);
    let microsoft = Microsoft::in_memory(options.clone(), clock);
    let people = stories::cast(parts, 1);
    stories::furnish(&microsoft, &people);
    let id = TenantId::parse("contoso").unwrap();
    let customer = stories::customer(&options, id.clone());
    let options = Options {
        schedules: Schedules::NONE,
        ..Options::new(clock, 1)
    };
    let installation = Installation::start(options, customer, microsoft.http());
    let installation = installation.await.unwrap();
    let store = &installation.admin.store;
    contoso::configure(store, &id).await.unwrap();
    let issuer = Arc::new(Issuer::new().unwrap());
    let api = api(&installation, &issuer, clock);
    let scene = Scene::new(
        (microsoft.clone(), people),
        id,
        (api, issuer),
        clock,
        PATIENCE,
    );
    tokio::select! {
        biased;
        () = story(scene) => {}
        () = installation.run() => unreachable!("the functions never end"),
    }
    let ledger = Ledger::read(installation.cloud.table()).unwrap();
    let broken = ledger.broken_invariants();
    assert!(broken.is_empty(), "{broken:#?}");
    let found = reference::disagreements(&ledger, &microsoft);
    assert!(found.is_empty(), "{found:#?}");
}

/// The API as it is deployed, without a socket.
fn api(installation: &Installation, issuer: &Issuer, clock: Clock) -> Http {
    let verifier = Verifier::new(Issuer::access(), issuer.documents(), clock);
    let router = api::router(Arc::new(installation.shell()), Arc::new(verifier));
    Http::new(service_fn(move |request: http::Request<Bytes>| {
        let answered = router.clone().oneshot(request.map(Body::from));
        async move {
            let (head, body) = answered.await.unwrap().into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            Ok::<_, TransportError>(http::Response::from_parts(head, body))
        }
    }))
}

macro_rules! tests {
    ($($mark:ident $module:ident::$story:ident [$($part:ident),*];)*) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $story() {
                tell(&[$(Part::$part),*], stories::$module::$story).await;
            }
        )*
    };
}

each_story!(tests);
