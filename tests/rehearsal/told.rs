//! The stories that are marked `real_time`, unchanged, on the deployed installation: each in a tenant of its own, all at the same time.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, join_all};
use local::contoso;
use local::issuer::Issuer;
use local::microsoft::Microsoft;
use local::seed::uuid;
use local::{reference, serve};
use shared::model::tenant::TenantId;
use tests::each_story;
use tests::stories::{self, Part, Patience, Scene};

use crate::stack::Stack;

const TEMPO: Duration = Duration::from_secs(1);
const PATIENCE: Patience = Patience {
    look: Duration::from_secs(2),
    longest: Duration::from_secs(10 * 60),
};

struct Story {
    name: &'static str,
    is_real_time: bool,
    parts: &'static [Part],
    tell: fn(Scene) -> LocalBoxFuture<'static, ()>,
}

macro_rules! table {
    ($($mark:ident $module:ident::$story:ident [$($part:ident),*];)*) => {
        [$(Story {
            name: stringify!($story),
            is_real_time: matches!(stringify!($mark).as_bytes(), b"real_time"),
            parts: &[$(Part::$part),*],
            tell: |scene| stories::$module::$story(scene).boxed_local(),
        }),*]
    };
}

/// Tells them all; gives how many there were, or what was not true.
pub async fn tell(stack: &Stack, issuer: &Arc<Issuer>) -> Result<usize, String> {
    let all: Vec<Story> = each_story!(table).into();
    let stories = all.iter().filter(|story| story.is_real_time);
    let told = join_all(stories.zip(1..).map(async |(story, nth)| {
        let told = AssertUnwindSafe(one(stack, issuer, story, nth)).catch_unwind();
        let is_true = told.await.is_ok();
        println!(
            "{:>6.0?} {}: {}",
            stack.shell.clock.elapsed(),
            story.name,
            if is_true { "true" } else { "NOT true" }
        );
        (story.name, is_true)
    }));
    let told = told.await;
    let wrong = told.iter().filter(|(_, is_true)| !is_true);
    let wrong: Vec<&str> = wrong.map(|(name, _)| *name).collect();
    if wrong.is_empty() {
        Ok(told.len())
    } else {
        Err(wrong.join(", "))
    }
}

async fn one(stack: &Stack, issuer: &Arc<Issuer>, story: &Story, nth: u64) {
    let clock = stack.shell.clock;
    let listener = serve::loopback(0).await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let options = stories::tenant(base_url, uuid(nth, 0), TEMPO);
    let microsoft = Microsoft::in_memory(options.clone(), clock);
    let people = stories::cast(story.parts, nth);
    stories::furnish(&microsoft, &people);
    let served = tokio::spawn(serve::serve(listener, microsoft.router()));
    let id = TenantId::parse(&format!("story-{nth}")).unwrap();
    let customer = stories::customer(&options, id.clone());
    stack.register(customer).await;
    contoso::configure(&stack.shell.store, &id).await.unwrap();
    let api = (stack.api(), Arc::clone(issuer));
    let scene = Scene::new(
        (microsoft.clone(), people),
        id.clone(),
        api,
        clock,
        PATIENCE,
    );
    (story.tell)(scene).await;
    let ledger = stack.ledger(&id).await;
    let mut found = ledger.broken_invariants();
    found.extend(reference::disagreements(&ledger, &microsoft));
    assert!(found.is_empty(), "{found:#?}");
    served.abort();
}
