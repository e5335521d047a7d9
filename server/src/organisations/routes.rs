//! Organisations over HTTP.

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::check::Errors;
use super::{MEMBERSHIPS_MAX, Membership, Organisation, Settings, invitations, members, store, tasks, venues};
use crate::access::Role;
use crate::accounts::admin::routes::SearchQuery;
use crate::accounts::{self, Caller, OrganisationId, Organiser};
use crate::app::App;
use crate::audit::{self, By, Change};
use crate::http::extract::{Json, Query};
use crate::http::page::{self, Page};
use crate::http::problem::{FieldError, Problem};
use crate::http::time::rfc3339;
use crate::http::version::{IfMatch, etag};

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_organisation, list_organisations))
        .routes(routes!(show_organisation, change_organisation))
        .routes(routes!(search_organisations))
        .merge(members::routes::routes())
        .merge(invitations::routes::routes())
        .merge(venues::routes::routes())
        .merge(tasks::routes::routes())
}

/// An organisation to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Analytical Engines", "time_zone": "Europe/London", "currency": "GBP" }))]
struct NewOrganisation {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Whether a manager must approve an event before it is published; yes if absent.
    #[serde(default)]
    needs_approval: Option<bool>,
    /// The IANA name of the time zone that new events begin with; `UTC` if absent.
    #[serde(default)]
    #[schema(max_length = 40)]
    time_zone: Option<String>,
    /// The ISO 4217 code of the currency that new events begin with; `EUR` if absent.
    #[serde(default)]
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// Where people may write to.
    #[serde(default)]
    #[schema(format = "email", max_length = 254)]
    contact_email: Option<String>,
}

/// What to change of an organisation; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({ "needs_approval": false, "contact_email": "hello@example.org" }))]
struct OrganisationChange {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Whether a manager must approve an event before it is published.
    needs_approval: Option<bool>,
    /// The IANA name of the time zone that new events begin with.
    #[schema(max_length = 40)]
    time_zone: Option<String>,
    /// The ISO 4217 code of the currency that new events begin with.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// Where people may write to; null for nowhere.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = "email", max_length = 254)]
    contact_email: Option<Option<String>>,
}

/// Reads what was given, be it null: only what was left out is nothing.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl From<NewOrganisation> for OrganisationChange {
    fn from(new: NewOrganisation) -> Self {
        let NewOrganisation { name, needs_approval, time_zone, currency, contact_email } = new;
        Self { name: Some(name), needs_approval, time_zone, currency, contact_email: Some(contact_email) }
    }
}

impl OrganisationChange {
    fn apply(self, held: Settings) -> Result<Settings, Vec<FieldError>> {
        let mut errors = Errors::default();
        let mut settings = held;
        if let Some(name) = self.name {
            settings.name = errors.name("body.name", &name);
        }
        if let Some(needs_approval) = self.needs_approval {
            settings.needs_approval = needs_approval;
        }
        if let Some(time_zone) = self.time_zone {
            settings.time_zone = errors.time_zone("body.time_zone", &time_zone);
        }
        if let Some(currency) = self.currency {
            settings.currency = errors.currency("body.currency", &currency);
        }
        if let Some(email) = self.contact_email {
            settings.contact_email = email.map(|email| errors.email("body.contact_email", &email));
        }
        errors.or(settings)
    }
}

/// An organisation.
#[derive(Serialize, ToSchema)]
struct OrganisationBody {
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6f")]
    id: String,
    #[schema(example = "Analytical Engines")]
    name: String,
    /// Whether a manager must approve an event before it is published.
    needs_approval: bool,
    /// What new events begin with.
    #[schema(example = "Europe/London")]
    time_zone: String,
    /// What new events begin with.
    #[schema(example = "GBP")]
    currency: String,
    /// Where people may write to.
    #[schema(example = "hello@example.org")]
    contact_email: Option<String>,
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    created_at: String,
}

impl From<Organisation> for OrganisationBody {
    fn from(organisation: Organisation) -> Self {
        let Settings { name, needs_approval, time_zone, currency, contact_email } = organisation.settings;
        Self {
            id: organisation.id.to_string(),
            name,
            needs_approval,
            time_zone,
            currency,
            contact_email,
            created_at: rfc3339(organisation.created_at),
        }
    }
}

/// An organisation that the caller belongs to.
#[derive(Serialize, ToSchema)]
struct OwnOrganisationBody {
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6f")]
    id: String,
    #[schema(example = "Analytical Engines")]
    name: String,
    /// What they are in it.
    role: Role,
}

/// The organisations that the caller belongs to.
#[derive(Serialize, ToSchema)]
struct OwnOrganisations {
    /// By name.
    items: Vec<OwnOrganisationBody>,
}

/// Makes an organisation, whose owner the caller becomes. Their address must be verified.
#[utoipa::path(
    post, path = "/api/v1/organisations", tag = "organisations", request_body = NewOrganisation,
    responses(
        (status = 201, body = OrganisationBody, headers(("ETag" = String), ("Location" = String))),
        (status = 409),
    )
)]
async fn create_organisation(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<NewOrganisation>,
) -> Result<(StatusCode, [(HeaderName, String); 2], Json<OrganisationBody>), Problem> {
    let settings = OrganisationChange::from(body).apply(Settings::plain("")).map_err(Problem::invalid)?;
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    if !accounts::person(&mut tx, caller.account).await?.is_some_and(|person| person.is_verified) {
        return Err(Problem::of_status(StatusCode::FORBIDDEN).detail("Verify your e-mail address first."));
    }
    if store::memberships(&mut tx, caller.account).await?.len() >= MEMBERSHIPS_MAX {
        return Err(Problem::conflict("too-many-organisations", "You belong to too many organisations"));
    }
    let organisation = super::create(&mut tx, settings, caller.account, now).await?;
    let by = By { organisation: Some(organisation.id), account: Some(caller.account), address: Some(caller.address) };
    let change = Change {
        action: "organisation.create",
        event: None,
        subject: &organisation.id.to_string(),
        before: serde_json::Value::Null,
        after: organisation.settings.record(),
    };
    audit::note(&mut tx, by, &change, now).await?;
    tx.commit().await?;
    let location = format!("/api/v1/organisations/{}", organisation.id);
    let [etag] = etag(organisation.version);
    Ok((StatusCode::CREATED, [etag, (header::LOCATION, location)], Json(organisation.into())))
}

/// Lists the organisations that the caller belongs to: all of them on one page.
#[utoipa::path(
    get, path = "/api/v1/organisations", tag = "organisations",
    responses((status = 200, body = OwnOrganisations))
)]
async fn list_organisations(State(app): State<App>, caller: Caller) -> Result<Json<OwnOrganisations>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let memberships = store::memberships(&mut tx, caller.account).await?;
    // An API token knows of no other organisation than its own.
    let is_seen = |held: &Membership| caller.limits.as_ref().is_none_or(|own| own.organisation == held.organisation);
    let items = memberships.into_iter().filter(is_seen).map(|held| OwnOrganisationBody {
        id: held.organisation.to_string(),
        name: held.name,
        role: held.role,
    });
    Ok(Json(OwnOrganisations { items: items.collect() }))
}

/// Shows an organisation.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation}", tag = "organisations",
    responses((status = 200, body = OrganisationBody, headers(("ETag" = String))))
)]
async fn show_organisation(
    State(app): State<App>,
    organiser: Organiser,
) -> Result<([(HeaderName, String); 1], Json<OrganisationBody>), Problem> {
    let mut tx = app.database().begin_read().await?;
    let organisation = super::find(&mut tx, organiser.organisation).await?;
    let organisation = organisation.ok_or_else(|| Problem::not_found("such organisation"))?;
    Ok((etag(organisation.version), Json(organisation.into())))
}

/// Changes what an organisation is called and how it works.
#[utoipa::path(
    patch, path = "/api/v1/organisations/{organisation}", tag = "organisations", request_body = OrganisationChange,
    responses(
        (status = 200, body = OrganisationBody, headers(("ETag" = String))),
        (status = 409),
        (status = 412),
    )
)]
async fn change_organisation(
    State(app): State<App>,
    organiser: Organiser,
    seen: IfMatch,
    Json(body): Json<OrganisationChange>,
) -> Result<([(HeaderName, String); 1], Json<OrganisationBody>), Problem> {
    let mut tx = app.database().begin_write().await?;
    store::lock(&mut tx, organiser.organisation).await?;
    let held = super::find(&mut tx, organiser.organisation).await?;
    let mut organisation = held.ok_or_else(|| Problem::not_found("such organisation"))?;
    seen.check(organisation.version)?;
    let settings = body.apply(organisation.settings.clone()).map_err(Problem::invalid)?;
    if settings != organisation.settings {
        store::update(&mut tx, organisation.id, &settings).await?;
        let change = Change {
            action: "organisation.change",
            event: None,
            subject: &organisation.id.to_string(),
            before: organisation.settings.record(),
            after: settings.record(),
        };
        audit::note(&mut tx, organiser, &change, app.clock().now()).await?;
        (organisation.settings, organisation.version) = (settings, organisation.version + 1);
        tx.commit().await?;
    }
    Ok((etag(organisation.version), Json(organisation.into())))
}

/// Lists the installation's organisations, oldest first, for those who run it.
#[utoipa::path(
    get, path = "/api/v1/admin/organisations", tag = "admin", params(SearchQuery),
    responses((status = 200, body = Page<OrganisationBody>))
)]
async fn search_organisations(
    State(app): State<App>,
    _: Caller,
    Query(query): Query<SearchQuery>,
) -> Result<Json<Page<OrganisationBody>>, Problem> {
    let (limit, text) = (page::limit(query.limit)?, query.text()?);
    let after = page::cursor(query.cursor.as_deref())?.map(OrganisationId);
    let mut tx = app.database().begin_read().await?;
    let organisations = store::search(&mut tx, text, after, limit + 1).await?;
    Ok(Json(Page::new(organisations, limit, |held| held.id.0.to_vec()).map(OrganisationBody::from)))
}
