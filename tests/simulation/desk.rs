//! A few people whom no rule matches, and everything that can be ordered for them by hand or by a rule; who sent what is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use local::contoso::{self, Fate as Life};
use local::demo::{Past, Stage};
use local::fate::{Fate, Hook};
use local::microsoft::{NewGroup, Truth};
use serde_json::Value;
use shared::error::Result;
use shared::model::access::Role;
use shared::model::edit::Edit;
use shared::model::group::GroupId;
use shared::model::job::{Job, JobState};
use shared::model::microsoft::{PolicyType, SkuId, UserId};
use shared::model::persona::{
    LocationSource, OffboardingProfile, Persona, PersonaChoice, PersonaRef, Profile, Rules,
    SitePath, WrittenRule,
};
use shared::model::tenant::{Settings, TenantId};
use shared::run::{self, Choice, Shell};
use shared::store::ends::History;

use crate::theatre::{HOUR, MINUTE, beside, cast, pull, setting};

pub const E5: &str = contoso::E5;
pub const E3: &str = contoso::E3;
pub const F3: &str = contoso::F3;
/// A security group that gives E3.
pub const LICENSED: &str = "aaaaaaaa-0000-4000-8000-000000000001";
/// A security group that gives F3.
pub const FRONT: &str = "aaaaaaaa-0000-4000-8000-000000000002";
/// A security group that gives nothing.
pub const PLAIN: &str = "aaaaaaaa-0000-4000-8000-000000000003";
pub const LONDON: &str = "europe/london";

/// How somebody comes by what they should have (R55, R71).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// A rule leads to the persona.
    Rule,
    /// Somebody gives one person a persona.
    Quick,
    /// The same through a profile.
    Profile,
    /// Somebody edits one person.
    Edit,
}

pub const ROUTES: [Route; 4] = [Route::Rule, Route::Quick, Route::Profile, Route::Edit];

/// The stage, and what was sent to Microsoft.
pub struct Desk {
    pub stage: Stage,
    sent: Sent,
}

/// What was sent to Microsoft to change something.
type Sent = Arc<Mutex<Vec<(String, Value)>>>;

fn recording(hook: Option<Hook>) -> (Hook, Sent) {
    let sent = Sent::default();
    let writes = Arc::clone(&sent);
    let hook: Hook = Arc::new(move |request| {
        if request.is_order() {
            let body = serde_json::from_slice(request.body).unwrap_or_default();
            let line = (request.operation.to_owned(), body);
            writes.lock().unwrap().push(line);
        }
        hook.as_ref().map_or(Fate::Deliver, |hook| hook(request))
    });
    (hook, sent)
}

/// A persona that gives nothing yet; with one change.
pub fn persona(change: impl FnOnce(&mut Persona)) -> Persona {
    let mut persona = Persona {
        reference: PersonaRef {
            id: "test".into(),
            version: 1,
        },
        name: "Test".into(),
        ..Persona::default()
    };
    change(&mut persona);
    persona
}

pub fn sku(id: &str) -> SkuId {
    SkuId(id.into())
}

pub fn group(id: &str) -> GroupId {
    GroupId(id.into())
}

pub fn policies(named: &[(&str, &str)]) -> BTreeMap<PolicyType, String> {
    let owned = |(kind, name): &(&str, &str)| (PolicyType((*kind).into()), (*name).into());
    named.iter().map(owned).collect()
}

impl Desk {
    /// Goes on from where another desk stood.
    pub fn resume(past: &Past, hook: Option<Hook>) -> Self {
        let (recording, sent) = recording(hook);
        let stage = Stage::resume(past, Some(recording)).unwrap();
        Self { stage, sent }
    }

    /// So many people, three groups, and seats for everybody; `change` may set up more before anything runs.
    pub async fn with(people: usize, hook: Option<Hook>, change: impl FnOnce(&Stage)) -> Self {
        let (recording, sent) = recording(hook);
        let mut setting = setting(cast(None, Life::Stays, people), Some(recording));
        setting.shards = 2;
        setting.microsoft.group_licence_delay = (MINUTE, 4 * MINUTE);
        let stage = Stage::set(setting).await.unwrap();
        for (id, _) in contoso::SKUS {
            stage.microsoft.set_seats(id, 1_000);
        }
        for (id, products) in [(LICENSED, vec![E3]), (FRONT, vec![F3]), (PLAIN, vec![])] {
            let products = products.into_iter().map(str::to_owned).collect();
            let named = NewGroup::new(id, id);
            stage.microsoft.add_group(NewGroup { products, ..named });
        }
        let store = &stage.installation.admin.store;
        let none = Rules {
            version: 2,
            ..Rules::default()
        };
        let tenant = &stage.installation.tenant;
        store.put_rules(tenant, &none).await.unwrap();
        change(&stage);
        Self { stage, sent }
    }

    pub async fn of(people: usize) -> Self {
        Self::with(people, None, |_| {}).await
    }

    /// Where administrators' orders begin: their shell and their tenant.
    pub fn office(&self) -> (&Shell, &TenantId) {
        let installation = &self.stage.installation;
        (&installation.admin, &installation.tenant)
    }

    pub fn id(&self, number: usize) -> UserId {
        UserId(self.stage.employees[number].id.clone())
    }

    pub fn truth(&self, number: usize) -> Truth {
        self.stage.microsoft.truth(&self.id(number).0).unwrap()
    }

    pub async fn settings(&self, change: impl FnOnce(&mut Settings)) {
        let (store, id) = (
            &self.stage.installation.admin.store,
            &self.stage.installation.tenant,
        );
        let mut settings = store.tenant(id).await.unwrap().unwrap().settings;
        change(&mut settings);
        store.set_settings(id, &settings).await.unwrap();
    }

    pub async fn add(&self, persona: &Persona) {
        let store = &self.stage.installation.admin.store;
        let tenant = &self.stage.installation.tenant;
        store.add_persona(tenant, persona).await.unwrap();
    }

    /// Makes everybody somebody whom rules concern and who can use Teams: no guest, and no disabled account.
    pub fn members(&self) {
        for employee in &self.stage.employees {
            let set = |name, value: Value| {
                let microsoft = &self.stage.microsoft;
                microsoft.set_property(&employee.id, name, Some(value));
            };
            set("userType", "Member".into());
            set("accountEnabled", true.into());
        }
    }

    /// Gives everybody the persona `test` by one rule, at London if it is to be somewhere.
    pub async fn everybody(&self, at_london: bool) {
        self.members();
        let when = "user.objectId -ne null".to_owned();
        let london = WrittenRule {
            name: "London".into(),
            description: None,
            when: when.clone(),
            then: SitePath(LONDON.into()),
        };
        let rules = Rules {
            version: 3,
            placement: at_london.then_some(london).into_iter().collect(),
            persona: vec![WrittenRule {
                name: "everybody".into(),
                description: None,
                when,
                then: PersonaChoice {
                    persona: "test".into(),
                    ..PersonaChoice::default()
                },
            }],
        };
        let store = &self.stage.installation.admin.store;
        let tenant = &self.stage.installation.tenant;
        store.put_rules(tenant, &rules).await.unwrap();
    }

    /// Brings everybody in.
    pub async fn import(&self) {
        self.play(async {
            pull(&self.stage).await;
            self.stage.clock.sleep(10 * MINUTE).await;
        })
        .await;
        let known = self.stage.ledger().unwrap().people.len();
        assert_eq!(known, self.stage.employees.len());
    }

    /// Lets the installation run beside a story.
    pub async fn play(&self, story: impl Future<Output = ()>) {
        beside(&self.stage, story).await;
        let broken = self.stage.ledger().unwrap().broken_invariants();
        assert!(broken.is_empty(), "{broken:#?}");
    }

    /// Until nobody is worked on, or everybody waits for what does not come.
    pub async fn settle(&self, span: Duration) {
        self.play(async {
            for _ in 0..span.as_secs() / 300 {
                self.stage.clock.sleep(5 * MINUTE).await;
                if self.stage.is_quiet().unwrap() {
                    break;
                }
            }
        })
        .await;
    }

    /// Orders by one route what the persona says, for the person of this number; the persona is stored.
    pub async fn order(&self, route: Route, persona: &Persona, number: usize) -> Result<()> {
        let (shell, tenant) = (
            &self.stage.installation.admin,
            &self.stage.installation.tenant,
        );
        let site = Some(SitePath(LONDON.into()));
        let quick = Choice {
            persona: persona.reference.id.clone(),
            site: site.clone(),
            ..Choice::default()
        };
        match route {
            Route::Rule => {
                let rules = by_rule(persona, &self.id(number));
                shell.store.put_rules(tenant, &rules).await?;
                self.play(async {
                    pull(&self.stage).await;
                    self.stage.clock.sleep(MINUTE).await;
                })
                .await;
                Ok(())
            }
            Route::Quick => run::provision(shell, tenant, &self.id(number), &quick).await,
            Route::Profile => {
                let profile = Profile {
                    name: "all".into(),
                    ..Profile::everything()
                };
                shell.store.put_profile(tenant, &profile).await?;
                let through = Choice {
                    profile: Some("all".into()),
                    ..quick
                };
                run::provision(shell, tenant, &self.id(number), &through).await
            }
            Route::Edit => self.edit(&edit(persona), number).await,
        }
    }

    pub async fn edit(&self, edit: &Edit, number: usize) -> Result<()> {
        let (shell, tenant) = (
            &self.stage.installation.admin,
            &self.stage.installation.tenant,
        );
        run::edit(shell, tenant, &self.id(number), edit, Role::Operator).await
    }

    pub async fn offboard(&self, number: usize) {
        let (shell, tenant) = (
            &self.stage.installation.admin,
            &self.stage.installation.tenant,
        );
        run::offboard(shell, tenant, &self.id(number))
            .await
            .unwrap();
    }

    /// The last job of somebody, open or ended.
    pub fn job(&self, number: usize) -> Job {
        let jobs = self.stage.ledger().unwrap().jobs;
        let of = |job: &Job| job.person == self.id(number);
        jobs.into_values().rfind(of).unwrap()
    }

    pub fn history(&self, number: usize) -> History {
        let job = self.job(number);
        let histories = self.stage.ledger().unwrap().histories;
        let open = || panic!("{:?} is open: {:?}", job.id, job.standings);
        histories.get(&job.id.0).cloned().unwrap_or_else(open)
    }

    /// Where the steps of somebody's last job ended.
    pub fn ended(&self, number: usize) -> String {
        let steps = self.history(number).steps;
        let lines = steps
            .iter()
            .map(|(step, stands)| format!("{step}: {stands}\n"));
        lines.collect()
    }

    pub fn state(&self, number: usize) -> JobState {
        self.job(number).state
    }

    /// What was sent to change something since it was last asked; addresses without the host, ids of people as numbers.
    pub fn sent(&self) -> Vec<String> {
        let lines = std::mem::take(&mut *self.sent.lock().unwrap());
        let mut told = Vec::new();
        for (operation, body) in lines {
            let mut line = operation.replace("/v1.0", "");
            for (number, employee) in self.stage.employees.iter().enumerate() {
                line = line.replace(&employee.id, &number.to_string());
            }
            if line.contains("assignLicense") {
                line = format!("{line} {}", change(&body));
            }
            told.push(line);
        }
        told
    }

    /// The requests about direct licences among them.
    pub fn licence_requests(&self) -> Vec<String> {
        let sent = self.sent().into_iter();
        sent.filter(|line| line.contains("assignLicense")).collect()
    }

    /// An hour later, and another one: nothing is sent that changes anything.
    pub async fn rests(&self) {
        self.sent();
        self.play(async {
            pull(&self.stage).await;
            self.stage.clock.sleep(2 * HOUR).await;
        })
        .await;
        assert_eq!(self.sent(), Vec::<String>::new());
    }
}

/// `+e5 -e3` with the names of Contoso's products.
fn change(body: &Value) -> String {
    let name = |id: &str| {
        let product = contoso::SKUS.iter().find(|(sku, _)| *sku == id);
        product.map_or(id.to_owned(), |(_, name)| (*name).to_owned())
    };
    let added = body["addLicenses"].as_array().into_iter().flatten();
    let added = added.map(|one| {
        let off = one["disabledPlans"].as_array().map_or(0, Vec::len);
        let id = name(one["skuId"].as_str().unwrap());
        if off == 0 {
            format!("+{id}")
        } else {
            format!("+{id} without {off}")
        }
    });
    let removed = body["removeLicenses"].as_array().into_iter().flatten();
    let removed = removed.map(|one| format!("-{}", name(one.as_str().unwrap())));
    let all: BTreeSet<String> = added.chain(removed).collect();
    all.into_iter().collect::<Vec<_>>().join(" ")
}

/// One rule that leads one person to the persona, and to London.
pub fn by_rule(persona: &Persona, person: &UserId) -> Rules {
    let when = format!("user.objectId -eq \"{}\"", person.0);
    Rules {
        version: 3,
        placement: vec![WrittenRule {
            name: "London".into(),
            description: None,
            when: when.clone(),
            then: SitePath(LONDON.into()),
        }],
        persona: vec![WrittenRule {
            name: "test".into(),
            description: None,
            when,
            then: PersonaChoice {
                persona: persona.reference.id.clone(),
                ..PersonaChoice::default()
            },
        }],
    }
}

/// What the persona says, as an edit by hand would say it.
fn edit(persona: &Persona) -> Edit {
    let location = match &persona.usage_location {
        Some(LocationSource::Literal(country)) => Some(country.clone()),
        Some(LocationSource::Site) => Some("GB".into()),
        Some(LocationSource::Country) | None => None,
    };
    let licences = Some(persona.licences.iter().cloned().collect::<BTreeSet<_>>());
    let inherited = persona.inherit.iter().map(|kind| (kind.clone(), None));
    let named = persona.policies.iter();
    let named = named.map(|(kind, name)| (kind.clone(), Some(name.clone())));
    Edit {
        usage_location: location,
        licences: licences.filter(|set| !set.is_empty()),
        join: persona.groups.iter().cloned().collect(),
        policies: inherited.chain(named).collect(),
        ..Edit::default()
    }
}

/// A persona that takes its holders out of these groups when they leave.
pub fn leaving(groups: &[&str]) -> OffboardingProfile {
    OffboardingProfile {
        leave: groups.iter().map(|id| group(id)).collect(),
        ..OffboardingProfile::default()
    }
}
