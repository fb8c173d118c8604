//! A real Microsoft 365 tenant: its people are read and shown. Without rules nobody is changed.

use std::collections::BTreeMap;

use local::dynamodb::Place;
use local::installation::{Customer, Installation, Options};
use local::serve;
use shared::clock::Clock;
use shared::error::{Error, Kind, Result};
use shared::graph::network;
use shared::model::lane::{Lane, Mark};
use shared::model::tenant::{OffboardLicences, ReadinessLooks, Settings, TenantId};

use super::api::Api;
use super::folder::{Folder, MadeFor};
use super::lives::{Lives, staged};
use super::order::Real;
use super::screen::Screen;
use super::view::View;
use super::{Counting, End, REDRAW, Requests, tries, trouble, where_and_how};

/// Its people are spread over so many partitions.
const SHARDS: u8 = 8;
/// People read at once for the table.
const PAGE: i32 = 200;

/// Runs until Ctrl-C.
pub async fn run(folder: &Folder, real: Real, port: u16) -> End {
    let made_for = MadeFor::Real {
        graph: real.graph.clone(),
        directory: real.directory.clone(),
    };
    let path = folder.path().display();
    match folder.made_for() {
        Ok(Some(found)) if found != made_for => {
            return End::Misconfigured(format!(
                "{path} was made for another tenant: choose another folder with --state"
            ));
        }
        Ok(Some(_)) => {}
        Ok(None) => {
            if let Err(why) = folder.set_made_for(&made_for) {
                return End::Misconfigured(why);
            }
        }
        Err(why) => return End::Misconfigured(why),
    }
    println!("Tenant {} at {}.", real.directory, real.graph);
    println!("No rules yet: people are read, nobody is changed.");
    println!("{}", where_and_how(folder));
    let requests = Requests::default();
    let installation = match install(folder, made_for.tenant(), real, &requests).await {
        Ok(installation) => installation,
        Err(error) => return End::Misconfigured(folder.broken("table.sqlite", &error)),
    };
    let api = match Api::open(folder, &installation, port).await {
        Ok(api) => api,
        Err(why) => return End::Misconfigured(why),
    };
    println!(
        "The API listens at {0} (described in {0}/openapi.json).",
        api.base
    );
    let view = View {
        tries: Some(tries(folder, &api.base, &installation.tenant)),
        ..View::default()
    };
    tokio::select! {
        _ = serve::serve(api.listener, api.router) => End::Broken("the API is not served any more".to_owned()),
        () = installation.run() => End::Broken("the functions are not served any more".to_owned()),
        end = watch(&installation, &requests, view) => end,
    }
}

async fn install(
    folder: &Folder,
    tenant: Option<TenantId>,
    real: Real,
    requests: &Requests,
) -> Result<Installation> {
    let id = tenant.ok_or_else(|| {
        Error::new(
            Kind::Invalid,
            "the tenant id holds other characters than letters, digits and hyphens",
        )
    })?;
    let options = Options {
        place: Place::File(folder.table()),
        hook: Some(requests.hook()),
        ..Options::new(Clock::system(), 1)
    };
    let customer = Customer {
        id,
        name: real.directory.clone(),
        directory: real.directory,
        client: real.client,
        secret: real.secret,
        authority: real.authority,
        graph: real.graph,
        settings: Settings {
            readiness: ReadinessLooks::Scheduled,
            // Nobody is offboarded before somebody says what that does with licences.
            offboard_licences: Some(OffboardLicences::Keep),
            ..Settings::default()
        },
        shards: SHARDS,
        has_flowed: false,
    };
    let installation = Installation::start(options, customer, network()).await?;
    installation.ask(Lane::Sync, Mark::Pull).await?;
    Ok(installation)
}

/// Draws the table for ever.
async fn watch(installation: &Installation, requests: &Requests, mut view: View) -> End {
    let mut screen = Screen::new();
    let mut lives = Lives::default();
    let mut counting = Counting::new();
    loop {
        if counting.is_due() {
            let began = counting.wall.elapsed();
            if let Err(error) = look(installation, &mut view, &mut lives).await {
                view.verdict = format!("The state cannot be read: {error}");
            }
            counting.done(began);
        }
        view.now = Some(installation.admin.clock.now());
        view.requests = requests.so_far();
        screen.show(&view);
        counting.wall.sleep(REDRAW).await;
    }
}

/// Reads the people page by page, so that the lanes get their turn in between however many there are.
async fn look(installation: &Installation, view: &mut View, lives: &mut Lives) -> Result<()> {
    let store = &installation.admin.store;
    let Some(tenant) = store.tenant(&installation.tenant).await? else {
        return Ok(());
    };
    let mut people = BTreeMap::new();
    for shard in 0..tenant.shards {
        let mut after = None;
        loop {
            let (page, next) = store
                .people_page(&tenant, shard, after.as_ref(), PAGE)
                .await?;
            for person in page {
                let job = match &person.open_job {
                    Some(open) => store.job(&tenant, &open.id).await?,
                    None => None,
                };
                let state = person.state(job.map(|job| job.state));
                lives.see(&person, state, installation.admin.clock.now());
                *people.entry(state.name()).or_insert(0) += 1;
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    view.steps = lives.seen();
    view.staged = staged(&installation.admin, &tenant.id).await?;
    let licences = store
        .skus(&tenant.id)
        .await?
        .into_iter()
        .filter(|sku| sku.for_users);
    view.licences = licences
        .map(|sku| (sku.name, sku.consumed, sku.enabled))
        .collect();
    view.verdict = match (people.is_empty(), &tenant.trouble) {
        (true, None) => "Reading the directory.".to_owned(),
        (_, _) => "No rules yet: people are read every hour, nobody is changed.".to_owned(),
    };
    view.people = people;
    view.trouble = trouble(&tenant);
    Ok(())
}
