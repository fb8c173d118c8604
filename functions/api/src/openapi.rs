//! The description file, OpenAPI 3.1, and how the code that answers makes it.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::routes::{
    adoptions, catalogue, change_sets, configuration, departures, estate, explanation, files, jobs,
    letters, log, metadata, moves, numbering, numbers, people, places, provide, ranges,
    registration, rules, safety, schedules, settings, staging, tenants,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rollcall",
        description = "Automates the life of Microsoft Teams users.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        description,
        tenants::tenants,
        registration::register,
        registration::connect,
        tenants::tenant,
        tenants::sync_now,
        tenants::probe,
        tenants::set_mode,
        tenants::begin_incident,
        tenants::end_incident,
        safety::readiness,
        safety::turn_on,
        safety::turn_off,
        safety::choose_offboarding,
        safety::exceptions,
        safety::except,
        safety::end_exception,
        safety::halted,
        safety::halt,
        safety::resume,
        adoptions::adopt,
        adoptions::adoption,
        metadata::metadata,
        departures::reinstate,
        change_sets::change_sets,
        change_sets::change_set,
        change_sets::plan,
        change_sets::approve,
        change_sets::reject,
        people::people,
        people::person,
        people::person_jobs,
        people::refresh,
        people::offboard,
        departures::set_departure,
        departures::cancel_departure,
        provide::provision,
        moves::move_person,
        explanation::explanation,
        explanation::test_rule,
        estate::policies,
        estate::groups,
        rules::rules,
        rules::save_rules,
        rules::try_rules,
        provide::edit,
        provide::fields,
        staging::staging,
        staging::unstage,
        staging::cancel,
        files::give_in,
        files::outcomes,
        log::list,
        log::history,
        log::cancel,
        log::replay,
        log::trail,
        letters::dead_letters,
        letters::ring,
        jobs::job,
        jobs::history,
        schedules::schedules,
        schedules::set_schedule,
        places::nodes,
        places::save_node,
        places::delete_node,
        places::profiles,
        places::save_profile,
        places::delete_profile,
        settings::get_settings,
        settings::save_settings,
        settings::fields,
        settings::save_fields,
        settings::delete_fields,
        configuration::export,
        configuration::plan,
        configuration::apply,
        catalogue::personas,
        catalogue::persona,
        catalogue::save_persona,
        catalogue::delete_persona,
        catalogue::licences,
        ranges::ranges,
        ranges::save_range,
        ranges::delete_range,
        ranges::fill,
        numbers::numbers,
        numbers::number,
        numbers::import,
        numbering::reserve,
        numbering::cool,
        numbering::free,
        numbering::relocate,
        numbering::last_audit,
        numbering::audit_now,
    ),
    security(("bearer" = [])),
    modifiers(&Bearer)
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        if let Some(components) = &mut document.components {
            components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
        }
    }
}

/// The description as it was reviewed: what is served and printed. The code that makes it anew has 600 KB, so only
/// the tests do that, and hold it to this file.
pub const DESCRIPTION: &str = include_str!("../openapi.json");

/// The description that the code gives of itself.
pub fn described() -> Document {
    Description::openapi()
}

/// This file.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "description", operation_id = "getDescription",
    security(()), responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub async fn description() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DESCRIPTION)
}
