//! The table of routes, and a file for each resource.
//!
//! The table is the only place that says who may do what: the router's gates are made from it, and so are the tests.

use std::sync::Arc;

use axum::routing::{MethodFilter, MethodRouter, on};
use shared::model::access::Role;
use shared::run::Shell;

pub mod adoptions;
pub mod catalogue;
pub mod change_sets;
pub mod configuration;
pub mod departures;
pub mod estate;
pub mod explanation;
pub mod files;
pub mod jobs;
pub mod letters;
pub mod log;
pub mod metadata;
pub mod moves;
pub mod numbering;
pub mod numbers;
pub mod people;
pub mod places;
pub mod provide;
pub mod ranges;
pub mod registration;
pub mod rules;
pub mod safety;
pub mod schedules;
pub mod settings;
pub mod staging;
pub mod tenants;

/// One route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// What answers.
    pub endpoint: Endpoint,
    /// The method.
    pub method: Method,
    /// The path; `{tenant}` is what the grant must be for.
    pub path: &'static str,
    /// What it takes to pass.
    pub least: Least,
}

/// The methods in use: what changes nothing, and what does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Orders.
    Post,
    /// Sets.
    Put,
    /// Takes back.
    Delete,
}

/// What it takes to pass to a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Least {
    /// Nothing.
    Nothing,
    /// A valid token.
    Token,
    /// This role, or a higher one, in the tenant that the path names.
    Role(Role),
    /// This role, or a higher one, in the installation as a whole: a grant for the tenant `*`.
    Provider(Role),
}

/// What answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the function of its name")]
pub enum Endpoint {
    Description,
    Tenants,
    Register,
    Connect,
    Tenant,
    SyncNow,
    Probe,
    SetMode,
    BeginIncident,
    EndIncident,
    Readiness,
    TurnOn,
    TurnOff,
    ChooseOffboarding,
    Exceptions,
    Except,
    EndException,
    Halted,
    Halt,
    Resume,
    Adopt,
    Adoption,
    Metadata,
    Reinstate,
    Nodes,
    SaveNode,
    DeleteNode,
    Profiles,
    SaveProfile,
    DeleteProfile,
    Settings,
    SaveSettings,
    FieldRights,
    SaveFieldRights,
    DeleteFieldRights,
    Configuration,
    PlanConfiguration,
    ApplyConfiguration,
    ChangeSets,
    ChangeSet,
    ChangeSetPlan,
    Approve,
    Reject,
    People,
    Person,
    PersonJobs,
    Explanation,
    Refresh,
    Provision,
    Move,
    Edit,
    Fields,
    Offboard,
    SetDeparture,
    CancelDeparture,
    Staging,
    Unstage,
    Cancel,
    Jobs,
    Job,
    CancelJob,
    ReplayJob,
    HistoryList,
    NumberTrail,
    DeadLetters,
    RingDeadLetters,
    GiveInFile,
    Outcomes,
    History,
    Schedules,
    SetSchedule,
    Personas,
    Persona,
    SavePersona,
    DeletePersona,
    Rules,
    SaveRules,
    TryRules,
    TestRule,
    Policies,
    Groups,
    Licences,
    Ranges,
    SaveRange,
    DeleteRange,
    FillRange,
    Numbers,
    Number,
    ImportNumbers,
    ReserveNumber,
    CoolNumber,
    FreeNumber,
    RelocateNumber,
    LastAudit,
    AuditNow,
}

const fn get(endpoint: Endpoint, path: &'static str, least: Least) -> Route {
    Route {
        endpoint,
        method: Method::Get,
        path,
        least,
    }
}

const fn post(endpoint: Endpoint, path: &'static str, least: Least) -> Route {
    Route {
        endpoint,
        method: Method::Post,
        path,
        least,
    }
}

const fn put(endpoint: Endpoint, path: &'static str, least: Least) -> Route {
    Route {
        endpoint,
        method: Method::Put,
        path,
        least,
    }
}

const fn delete(endpoint: Endpoint, path: &'static str, least: Least) -> Route {
    Route {
        endpoint,
        method: Method::Delete,
        path,
        least,
    }
}

const VIEWER: Least = Least::Role(Role::Viewer);
const OPERATOR: Least = Least::Role(Role::Operator);
const APPROVER: Least = Least::Role(Role::Approver);
const ADMINISTRATOR: Least = Least::Role(Role::Administrator);

/// Every route there is (F146).
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    get(Endpoint::Description, "/v1/openapi.json", Least::Nothing),
    get(Endpoint::Tenants, "/v1/tenants", Least::Token),
    post(Endpoint::Register, "/v1/tenants", Least::Provider(Role::Administrator)),
    put(Endpoint::Connect, "/v1/tenants/{tenant}/connection", Least::Provider(Role::Administrator)),
    get(Endpoint::Tenant, "/v1/tenants/{tenant}", VIEWER),
    post(Endpoint::SyncNow, "/v1/tenants/{tenant}/sync", OPERATOR),
    post(Endpoint::Probe, "/v1/tenants/{tenant}/probe", OPERATOR),
    put(Endpoint::SetMode, "/v1/tenants/{tenant}/mode", ADMINISTRATOR),
    put(Endpoint::BeginIncident, "/v1/tenants/{tenant}/incident", OPERATOR),
    delete(Endpoint::EndIncident, "/v1/tenants/{tenant}/incident", OPERATOR),
    get(Endpoint::Readiness, "/v1/tenants/{tenant}/readiness", VIEWER),
    put(Endpoint::TurnOn, "/v1/tenants/{tenant}/flow-through", ADMINISTRATOR),
    delete(Endpoint::TurnOff, "/v1/tenants/{tenant}/flow-through", ADMINISTRATOR),
    put(Endpoint::ChooseOffboarding, "/v1/tenants/{tenant}/offboarding", ADMINISTRATOR),
    get(Endpoint::Exceptions, "/v1/tenants/{tenant}/exceptions", VIEWER),
    put(Endpoint::Except, "/v1/tenants/{tenant}/people/{person}/exception", OPERATOR),
    delete(Endpoint::EndException, "/v1/tenants/{tenant}/people/{person}/exception", OPERATOR),
    get(Endpoint::Halted, "/v1/halt", Least::Token),
    put(Endpoint::Halt, "/v1/halt", Least::Provider(Role::Administrator)),
    delete(Endpoint::Resume, "/v1/halt", Least::Provider(Role::Administrator)),
    post(Endpoint::Adopt, "/v1/tenants/{tenant}/adoptions", OPERATOR),
    get(Endpoint::Adoption, "/v1/tenants/{tenant}/adoptions/{adoption}", VIEWER),
    get(Endpoint::Metadata, "/v1/tenants/{tenant}/metadata", VIEWER),
    post(Endpoint::Reinstate, "/v1/tenants/{tenant}/people/{person}/reinstate", OPERATOR),
    get(Endpoint::ChangeSets, "/v1/tenants/{tenant}/change-sets", VIEWER),
    get(Endpoint::ChangeSet, "/v1/tenants/{tenant}/change-sets/{set}", VIEWER),
    get(Endpoint::ChangeSetPlan, "/v1/tenants/{tenant}/change-sets/{set}/plan", VIEWER),
    post(Endpoint::Approve, "/v1/tenants/{tenant}/change-sets/{set}/approve", APPROVER),
    post(Endpoint::Reject, "/v1/tenants/{tenant}/change-sets/{set}/reject", APPROVER),
    get(Endpoint::People, "/v1/tenants/{tenant}/people", VIEWER),
    get(Endpoint::Person, "/v1/tenants/{tenant}/people/{person}", VIEWER),
    get(Endpoint::PersonJobs, "/v1/tenants/{tenant}/people/{person}/jobs", VIEWER),
    get(Endpoint::Explanation, "/v1/tenants/{tenant}/people/{person}/explanation", VIEWER),
    post(Endpoint::Refresh, "/v1/tenants/{tenant}/people/{person}/refresh", OPERATOR),
    post(Endpoint::Provision, "/v1/tenants/{tenant}/people/{person}/provision", OPERATOR),
    post(Endpoint::Move, "/v1/tenants/{tenant}/people/{person}/move", OPERATOR),
    post(Endpoint::Edit, "/v1/tenants/{tenant}/people/{person}/edit", OPERATOR),
    get(Endpoint::Fields, "/v1/tenants/{tenant}/people/{person}/fields", VIEWER),
    post(Endpoint::Offboard, "/v1/tenants/{tenant}/people/{person}/offboard", OPERATOR),
    put(Endpoint::SetDeparture, "/v1/tenants/{tenant}/people/{person}/departure", OPERATOR),
    delete(Endpoint::CancelDeparture, "/v1/tenants/{tenant}/people/{person}/departure", OPERATOR),
    get(Endpoint::Staging, "/v1/tenants/{tenant}/staging", VIEWER),
    post(Endpoint::Unstage, "/v1/tenants/{tenant}/staging/unstage", OPERATOR),
    post(Endpoint::Cancel, "/v1/tenants/{tenant}/staging/{person}/cancel", OPERATOR),
    post(Endpoint::GiveInFile, "/v1/tenants/{tenant}/files", OPERATOR),
    get(Endpoint::Outcomes, "/v1/tenants/{tenant}/change-sets/{set}/outcomes", VIEWER),
    get(Endpoint::Jobs, "/v1/tenants/{tenant}/jobs", VIEWER),
    get(Endpoint::HistoryList, "/v1/tenants/{tenant}/history", VIEWER),
    post(Endpoint::CancelJob, "/v1/tenants/{tenant}/jobs/{job}/cancel", OPERATOR),
    post(Endpoint::ReplayJob, "/v1/tenants/{tenant}/jobs/{job}/replay", OPERATOR),
    get(Endpoint::DeadLetters, "/v1/dead-letters", Least::Provider(Role::Operator)),
    post(Endpoint::RingDeadLetters, "/v1/dead-letters/ring", Least::Provider(Role::Operator)),
    get(Endpoint::Job, "/v1/tenants/{tenant}/jobs/{job}", VIEWER),
    get(Endpoint::History, "/v1/tenants/{tenant}/jobs/{job}/history", VIEWER),
    get(Endpoint::Schedules, "/v1/tenants/{tenant}/schedules", VIEWER),
    put(Endpoint::SetSchedule, "/v1/tenants/{tenant}/schedules/{schedule}", ADMINISTRATOR),
    get(Endpoint::Nodes, "/v1/tenants/{tenant}/nodes", VIEWER),
    put(Endpoint::SaveNode, "/v1/tenants/{tenant}/nodes/{node}", ADMINISTRATOR),
    delete(Endpoint::DeleteNode, "/v1/tenants/{tenant}/nodes/{node}", ADMINISTRATOR),
    get(Endpoint::Profiles, "/v1/tenants/{tenant}/profiles", VIEWER),
    put(Endpoint::SaveProfile, "/v1/tenants/{tenant}/profiles/{profile}", ADMINISTRATOR),
    delete(Endpoint::DeleteProfile, "/v1/tenants/{tenant}/profiles/{profile}", ADMINISTRATOR),
    get(Endpoint::Settings, "/v1/tenants/{tenant}/settings", VIEWER),
    put(Endpoint::SaveSettings, "/v1/tenants/{tenant}/settings", ADMINISTRATOR),
    get(Endpoint::FieldRights, "/v1/tenants/{tenant}/fields", VIEWER),
    put(Endpoint::SaveFieldRights, "/v1/tenants/{tenant}/fields/{fields}", ADMINISTRATOR),
    delete(Endpoint::DeleteFieldRights, "/v1/tenants/{tenant}/fields/{fields}", ADMINISTRATOR),
    get(Endpoint::Configuration, "/v1/tenants/{tenant}/configuration", VIEWER),
    post(Endpoint::PlanConfiguration, "/v1/tenants/{tenant}/configuration/plan", OPERATOR),
    put(Endpoint::ApplyConfiguration, "/v1/tenants/{tenant}/configuration", ADMINISTRATOR),
    get(Endpoint::Personas, "/v1/tenants/{tenant}/personas", VIEWER),
    get(Endpoint::Persona, "/v1/tenants/{tenant}/personas/{persona}", VIEWER),
    put(Endpoint::SavePersona, "/v1/tenants/{tenant}/personas/{persona}", ADMINISTRATOR),
    delete(Endpoint::DeletePersona, "/v1/tenants/{tenant}/personas/{persona}", ADMINISTRATOR),
    get(Endpoint::Rules, "/v1/tenants/{tenant}/rules", VIEWER),
    put(Endpoint::SaveRules, "/v1/tenants/{tenant}/rules", ADMINISTRATOR),
    post(Endpoint::TryRules, "/v1/tenants/{tenant}/rules/try", OPERATOR),
    post(Endpoint::TestRule, "/v1/tenants/{tenant}/rules/test", OPERATOR),
    get(Endpoint::Policies, "/v1/tenants/{tenant}/policies", VIEWER),
    get(Endpoint::Groups, "/v1/tenants/{tenant}/groups", VIEWER),
    get(Endpoint::Licences, "/v1/tenants/{tenant}/licences", VIEWER),
    get(Endpoint::Ranges, "/v1/tenants/{tenant}/ranges", VIEWER),
    put(Endpoint::SaveRange, "/v1/tenants/{tenant}/ranges/{range}", ADMINISTRATOR),
    delete(Endpoint::DeleteRange, "/v1/tenants/{tenant}/ranges/{range}", ADMINISTRATOR),
    post(Endpoint::FillRange, "/v1/tenants/{tenant}/ranges/{range}/fill", ADMINISTRATOR),
    get(Endpoint::Numbers, "/v1/tenants/{tenant}/numbers", VIEWER),
    get(Endpoint::Number, "/v1/tenants/{tenant}/numbers/{number}", VIEWER),
    get(Endpoint::NumberTrail, "/v1/tenants/{tenant}/numbers/{number}/trail", VIEWER),
    post(Endpoint::ImportNumbers, "/v1/tenants/{tenant}/numbers/import", ADMINISTRATOR),
    post(Endpoint::ReserveNumber, "/v1/tenants/{tenant}/numbers/{number}/reserve", OPERATOR),
    post(Endpoint::CoolNumber, "/v1/tenants/{tenant}/numbers/{number}/cool", OPERATOR),
    post(Endpoint::FreeNumber, "/v1/tenants/{tenant}/numbers/{number}/free", OPERATOR),
    post(Endpoint::RelocateNumber, "/v1/tenants/{tenant}/numbers/{number}/relocate", ADMINISTRATOR),
    get(Endpoint::LastAudit, "/v1/tenants/{tenant}/audit", VIEWER),
    post(Endpoint::AuditNow, "/v1/tenants/{tenant}/audit", OPERATOR),
];

/// What serves a route.
pub fn serve(route: &Route) -> MethodRouter<Arc<Shell>> {
    let method = match route.method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Delete => MethodFilter::DELETE,
    };
    match route.endpoint {
        Endpoint::Description => on(method, crate::openapi::description),
        Endpoint::Tenants => on(method, tenants::tenants),
        Endpoint::Register => on(method, registration::register),
        Endpoint::Connect => on(method, registration::connect),
        Endpoint::Tenant => on(method, tenants::tenant),
        Endpoint::SyncNow => on(method, tenants::sync_now),
        Endpoint::Probe => on(method, tenants::probe),
        Endpoint::SetMode => on(method, tenants::set_mode),
        Endpoint::BeginIncident => on(method, tenants::begin_incident),
        Endpoint::EndIncident => on(method, tenants::end_incident),
        Endpoint::Readiness => on(method, safety::readiness),
        Endpoint::TurnOn => on(method, safety::turn_on),
        Endpoint::TurnOff => on(method, safety::turn_off),
        Endpoint::ChooseOffboarding => on(method, safety::choose_offboarding),
        Endpoint::Exceptions => on(method, safety::exceptions),
        Endpoint::Except => on(method, safety::except),
        Endpoint::EndException => on(method, safety::end_exception),
        Endpoint::Halted => on(method, safety::halted),
        Endpoint::Halt => on(method, safety::halt),
        Endpoint::Resume => on(method, safety::resume),
        Endpoint::Adopt => on(method, adoptions::adopt),
        Endpoint::Adoption => on(method, adoptions::adoption),
        Endpoint::Metadata => on(method, metadata::metadata),
        Endpoint::Reinstate => on(method, departures::reinstate),
        Endpoint::ChangeSets => on(method, change_sets::change_sets),
        Endpoint::ChangeSet => on(method, change_sets::change_set),
        Endpoint::ChangeSetPlan => on(method, change_sets::plan),
        Endpoint::Approve => on(method, change_sets::approve),
        Endpoint::Reject => on(method, change_sets::reject),
        Endpoint::People => on(method, people::people),
        Endpoint::Person => on(method, people::person),
        Endpoint::PersonJobs => on(method, people::person_jobs),
        Endpoint::Explanation => on(method, explanation::explanation),
        Endpoint::Refresh => on(method, people::refresh),
        Endpoint::Provision => on(method, provide::provision),
        Endpoint::Move => on(method, moves::move_person),
        Endpoint::Edit => on(method, provide::edit),
        Endpoint::Fields => on(method, provide::fields),
        Endpoint::Offboard => on(method, people::offboard),
        Endpoint::SetDeparture => on(method, departures::set_departure),
        Endpoint::CancelDeparture => on(method, departures::cancel_departure),
        Endpoint::Staging => on(method, staging::staging),
        Endpoint::Unstage => on(method, staging::unstage),
        Endpoint::Cancel => on(method, staging::cancel),
        Endpoint::GiveInFile => on(method, files::give_in),
        Endpoint::Outcomes => on(method, files::outcomes),
        Endpoint::Jobs => on(method, log::list),
        Endpoint::HistoryList => on(method, log::history),
        Endpoint::CancelJob => on(method, log::cancel),
        Endpoint::ReplayJob => on(method, log::replay),
        Endpoint::NumberTrail => on(method, log::trail),
        Endpoint::DeadLetters => on(method, letters::dead_letters),
        Endpoint::RingDeadLetters => on(method, letters::ring),
        Endpoint::Job => on(method, jobs::job),
        Endpoint::History => on(method, jobs::history),
        Endpoint::Schedules => on(method, schedules::schedules),
        Endpoint::SetSchedule => on(method, schedules::set_schedule),
        Endpoint::Nodes => on(method, places::nodes),
        Endpoint::SaveNode => on(method, places::save_node),
        Endpoint::DeleteNode => on(method, places::delete_node),
        Endpoint::Profiles => on(method, places::profiles),
        Endpoint::SaveProfile => on(method, places::save_profile),
        Endpoint::DeleteProfile => on(method, places::delete_profile),
        Endpoint::Settings => on(method, settings::get_settings),
        Endpoint::SaveSettings => on(method, settings::save_settings),
        Endpoint::FieldRights => on(method, settings::fields),
        Endpoint::SaveFieldRights => on(method, settings::save_fields),
        Endpoint::DeleteFieldRights => on(method, settings::delete_fields),
        Endpoint::Configuration => on(method, configuration::export),
        Endpoint::PlanConfiguration => on(method, configuration::plan),
        Endpoint::ApplyConfiguration => on(method, configuration::apply),
        Endpoint::Personas => on(method, catalogue::personas),
        Endpoint::Persona => on(method, catalogue::persona),
        Endpoint::SavePersona => on(method, catalogue::save_persona),
        Endpoint::DeletePersona => on(method, catalogue::delete_persona),
        Endpoint::Rules => on(method, rules::rules),
        Endpoint::SaveRules => on(method, rules::save_rules),
        Endpoint::TryRules => on(method, rules::try_rules),
        Endpoint::TestRule => on(method, explanation::test_rule),
        Endpoint::Policies => on(method, estate::policies),
        Endpoint::Groups => on(method, estate::groups),
        Endpoint::Licences => on(method, catalogue::licences),
        Endpoint::Ranges => on(method, ranges::ranges),
        Endpoint::SaveRange => on(method, ranges::save_range),
        Endpoint::DeleteRange => on(method, ranges::delete_range),
        Endpoint::FillRange => on(method, ranges::fill),
        Endpoint::Numbers => on(method, numbers::numbers),
        Endpoint::Number => on(method, numbers::number),
        Endpoint::ImportNumbers => on(method, numbers::import),
        Endpoint::ReserveNumber => on(method, numbering::reserve),
        Endpoint::CoolNumber => on(method, numbering::cool),
        Endpoint::FreeNumber => on(method, numbering::free),
        Endpoint::RelocateNumber => on(method, numbering::relocate),
        Endpoint::LastAudit => on(method, numbering::last_audit),
        Endpoint::AuditNow => on(method, numbering::audit_now),
    }
}
