//! Contoso in the simulated tenant. The tenant is served over HTTP, so that the client that talks to it is the deployed one.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::time::Duration;

use local::contoso::{self, Employee};
use local::demo::{self, EPOCH};
use local::dynamodb::Place;
use local::installation::{self, Installation, Schedules};
use local::microsoft::{self, Microsoft};
use local::reference::{self, Ledger};
use local::serve;
use shared::clock::Clock;
use shared::error::Result;
use shared::graph::loopback;
use shared::model::lane::{Lane, Mark};
use shared::model::tenant::ReadinessLooks;
use shared::model::time::Time;
use tokio::net::TcpListener;

use super::api::Api;
use super::folder::{Contoso, Folder, MadeFor};
use super::lives::{Lives, staged};
use super::screen::Screen;
use super::story::Story;
use super::view::View;
use super::{Counting, End, REDRAW, Requests, tries, trouble, where_and_how};

/// A Contoso and the port of its tenant, or why not.
type Found = std::result::Result<(Contoso, TcpListener), String>;

/// From a licence to a Teams account: least and most. Hours, as Microsoft needs them, would be hours for whoever looks on.
const READINESS: (Duration, Duration) = (Duration::from_secs(5 * 60), Duration::from_secs(60 * 60));
/// The moment in the folder is this much real time ahead of the clock, and renewed every second.
const AHEAD: Duration = Duration::from_secs(3);
/// If nobody more got to where the rules say in so much of the clock's time, which is five syncs, nobody will.
const STUCK: Duration = Duration::from_secs(5 * 3_600 + 600);

/// The Contoso that is asked for; `None` = whichever the folder holds.
#[derive(Clone, Copy, Debug)]
pub struct People {
    /// How many.
    pub users: Option<u32>,
    /// Where all chance comes from.
    pub seed: Option<u64>,
}

/// Sets everything up, or takes it up where it was left, and runs it.
pub async fn run(
    folder: &Folder,
    people: People,
    speed: u32,
    port: u16,
    until_settled: bool,
) -> End {
    let People { users, seed } = people;
    let found = match folder.made_for() {
        Ok(Some(made_for)) => take_up(folder, made_for, users, seed).await,
        Ok(None) => make(folder, users.unwrap_or(300), seed.unwrap_or(1)).await,
        Err(why) => Err(why),
    };
    let (contoso, listener) = match found {
        Ok(found) => found,
        Err(why) => return End::Misconfigured(why),
    };
    let system = match System::start(folder, contoso, speed).await {
        Ok(system) => system,
        Err(why) => return End::Misconfigured(why),
    };
    let api = match Api::open(folder, &system.installation, port).await {
        Ok(api) => api,
        Err(why) => return End::Misconfigured(why),
    };
    let Contoso { users, seed, port } = contoso;
    println!(
        "Contoso, {users} people, seed {seed}, in a simulated Microsoft 365 tenant at http://127.0.0.1:{port}."
    );
    println!(
        "The API listens at {0} (described in {0}/openapi.json).",
        api.base
    );
    println!("Its clock runs {speed} times as fast as yours.");
    println!("{}", where_and_how(folder));
    let view = View {
        tries: Some(tries(folder, &api.base, &system.installation.tenant)),
        ..View::default()
    };
    let story = Story::new(
        system.clock,
        &system.microsoft,
        &system.installation,
        &system.employees,
    );
    tokio::select! {
        _ = serve::serve(api.listener, api.router) => End::Broken("the API is not served any more".to_owned()),
        _ = serve::serve(listener, system.microsoft.router()) => End::Broken("the simulated tenant is not served any more".to_owned()),
        () = system.installation.run() => End::Broken("the functions are not served any more".to_owned()),
        Err(why) = keep_clock(folder, system.clock, speed) => End::Broken(why),
        never = async { story.tell().await; std::future::pending::<Infallible>().await } => match never {},
        end = watch(&system, &story, view, until_settled) => end,
    }
}

/// Makes a new folder. Whatever kills it on the way, the next start makes it anew: `set_made_for` comes last.
async fn make(folder: &Folder, users: u32, seed: u64) -> Found {
    let no_port = |error: std::io::Error| format!("no port of 127.0.0.1 is free: {error}");
    let listener = serve::loopback(0).await.map_err(no_port)?;
    let contoso = Contoso {
        users,
        seed,
        port: listener.local_addr().map_err(no_port)?.port(),
    };
    folder.make_microsoft(|path| {
        let microsoft = Microsoft::open(path, tenant(contoso), Clock::steered(EPOCH, 1))?;
        demo::furnish(&microsoft, &employees(contoso));
        Ok(())
    })?;
    folder.set_made_for(&MadeFor::Simulated(contoso))?;
    Ok((contoso, listener))
}

/// Takes up a folder that is there, and its port, if the folder is what is asked for.
async fn take_up(
    folder: &Folder,
    made_for: MadeFor,
    users: Option<u32>,
    seed: Option<u64>,
) -> Found {
    let path = folder.path().display();
    let MadeFor::Simulated(contoso) = made_for else {
        return Err(format!(
            "{path} was made for a real tenant: go on with --graph, or choose another folder with --state"
        ));
    };
    let Contoso {
        users: held,
        seed: drawn,
        port,
    } = contoso;
    if users.is_some_and(|users| users != held) || seed.is_some_and(|seed| seed != drawn) {
        return Err(format!(
            "{path} holds Contoso with --users {held} --seed {drawn}: go on with these, or start over after `rm -r {path}`"
        ));
    }
    if !folder.microsoft().exists() {
        return Err(folder.broken("microsoft.sqlite", &"it is missing"));
    }
    match serve::loopback(port).await {
        Ok(listener) => Ok((contoso, listener)),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(format!(
            "port {port} of 127.0.0.1, where {path} has its simulated tenant, is taken by another program: \
             stop that program, or start over after `rm -r {path}`"
        )),
        Err(error) => Err(format!(
            "port {port} of 127.0.0.1, where {path} has its simulated tenant, cannot be used: {error}"
        )),
    }
}

/// Everything that runs.
struct System {
    clock: Clock,
    microsoft: Microsoft,
    installation: Installation,
    employees: Vec<Employee>,
    requests: Requests,
}

impl System {
    async fn start(
        folder: &Folder,
        contoso: Contoso,
        speed: u32,
    ) -> std::result::Result<Self, String> {
        let clock = Clock::steered(folder.moment()?.unwrap_or(EPOCH), speed);
        folder.set_moment(clock.now() + AHEAD * speed)?;
        let options = tenant(contoso);
        let microsoft = Microsoft::open(&folder.microsoft(), options.clone(), clock)
            .map_err(|error| folder.broken("microsoft.sqlite", &error))?;
        let requests = Requests::default();
        let installation = install(folder, &options, clock, &requests)
            .await
            .map_err(|error| folder.broken("table.sqlite", &error))?;
        Ok(Self {
            clock,
            microsoft,
            installation,
            employees: employees(contoso),
            requests,
        })
    }
}

fn employees(contoso: Contoso) -> Vec<Employee> {
    contoso::employees(
        usize::try_from(contoso.users).unwrap_or(usize::MAX),
        contoso.seed,
    )
}

fn tenant(contoso: Contoso) -> microsoft::Options {
    let base_url = format!("http://127.0.0.1:{}", contoso.port);
    microsoft::Options {
        base_url,
        seed: contoso.seed,
        readiness: READINESS,
        ..microsoft::Options::default()
    }
}

/// The installation beside the tenant. Contoso's rules are written last, so they say whether everything was.
async fn install(
    folder: &Folder,
    tenant: &microsoft::Options,
    clock: Clock,
    requests: &Requests,
) -> Result<Installation> {
    let options = installation::Options {
        place: Place::File(folder.table()),
        hook: Some(requests.hook()),
        schedules: Schedules {
            staging: Some(Duration::from_secs(4 * 3_600)),
            ..Schedules::default()
        },
        ..installation::Options::new(clock, tenant.seed)
    };
    let customer = demo::customer(tenant, ReadinessLooks::Adaptive);
    let installation = Installation::start(options, customer, loopback()).await?;
    let (store, id) = (&installation.admin.store, &installation.tenant);
    if store.catalogue(id).await?.rules.version == 0 {
        for node in contoso::nodes() {
            store.put_node(id, &node).await?;
        }
        for persona in contoso::personas() {
            store.add_persona(id, &persona).await?;
        }
        store.put_rules(id, &contoso::rules()).await?;
    }
    // The schedules begin anew with every process; without this an installation that is stopped every half hour would never sync.
    installation.ask(Lane::Sync, Mark::Pull).await?;
    Ok(installation)
}

/// Keeps the clock from running backwards over restarts, on which leases and due times rest: the folder always holds a moment that
/// the clock has not reached yet, and the next process goes on from there. After a kill a little of the clock's time is skipped,
/// as if the machine had been off that long.
async fn keep_clock(
    folder: &Folder,
    clock: Clock,
    speed: u32,
) -> std::result::Result<Infallible, String> {
    let wall = Clock::system();
    loop {
        folder.set_moment(clock.now() + AHEAD * speed)?;
        wall.sleep(Duration::from_secs(1)).await;
    }
}

/// Draws the table, and ends when everybody is where the rules say, or never will be, if that is asked for.
async fn watch(system: &System, story: &Story<'_>, mut view: View, until_settled: bool) -> End {
    let mut screen = Screen::new();
    let mut lives = Lives::default();
    let mut counting = Counting::new();
    let mut progress = Progress {
        best: usize::MAX,
        at: system.clock.now(),
    };
    loop {
        let mut end = None;
        if counting.is_due() {
            let began = counting.wall.elapsed();
            match look(system, story, &mut view, &mut lives, &mut progress).await {
                Ok(found) => end = found,
                Err(error) => view.verdict = format!("The state cannot be read: {error}"),
            }
            counting.done(began);
        }
        view.now = Some(system.clock.now());
        view.requests = system.requests.so_far();
        screen.show(&view);
        if let Some(end) = end.filter(|_| until_settled) {
            return end;
        }
        counting.wall.sleep(REDRAW).await;
    }
}

/// The fewest problems there were since the story was over, and since when.
struct Progress {
    best: usize,
    at: Time,
}

/// Looks at the rows once, and says where things stand. The reference is asked rather than the jobs: what somebody has is
/// what counts.
async fn look(
    system: &System,
    story: &Story<'_>,
    view: &mut View,
    lives: &mut Lives,
    progress: &mut Progress,
) -> Result<Option<End>> {
    let ledger = Ledger::read(system.installation.cloud.table())?;
    let row = system
        .installation
        .admin
        .store
        .tenant(&system.installation.tenant)
        .await?;
    view.people = ledger.people_by_state();
    let now = system.clock.now();
    for person in ledger.people.values() {
        lives.see(person, ledger.state(person), now);
    }
    view.steps = lives.seen();
    let (shell, tenant) = (&system.installation.admin, &system.installation.tenant);
    view.staged = staged(shell, tenant).await?;
    view.trouble = row.and_then(|tenant| trouble(&tenant));
    let seats = system.microsoft.seats();
    view.licences = contoso::SKUS
        .iter()
        .filter_map(|(sku, name)| {
            seats
                .get(*sku)
                .map(|(bought, taken)| ((*name).to_owned(), *taken, *bought))
        })
        .collect();
    if let Some(next) = story.next() {
        view.verdict = next;
        return Ok(None);
    }
    let problems = reference::problems(&ledger, &system.employees, &system.microsoft);
    if problems.len() < progress.best {
        *progress = Progress {
            best: problems.len(),
            at: now,
        };
    }
    let (verdict, end) = match problems.first() {
        None => (
            "Everybody is where the rules say.".to_owned(),
            Some(End::Settled),
        ),
        Some(first) if now.since(progress.at) > STUCK => {
            let verdict = format!(
                "{} problem(s) that time does not solve. The first: {first}",
                problems.len()
            );
            (verdict, Some(End::Unsettled(problems)))
        }
        Some(_) => (format!("At work: {} to go.", problems.len()), None),
    };
    view.verdict = verdict;
    Ok(end)
}
