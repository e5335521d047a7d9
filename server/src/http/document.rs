//! The interface's description: `/openapi.json`, and a readable page of it at `/docs`.

mod common;
mod examples;
mod parameters;
mod problems;

use axum::Router;
use axum::http::{HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, Info, LicenseBuilder, OpenApi, OpenApiBuilder, SecurityRequirement, tag::TagBuilder,
};
use utoipa_swagger_ui::SwaggerUi;

use crate::http::problem::{FieldError, ProblemBody};

/// The page runs its own scripts and speaks to its own server.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
);
const DESCRIPTION: &str = "Everything an organiser can do, as JSON over HTTP.\n\n\
    Log in with `POST /api/v1/sessions` and send the token as `Authorization: Bearer …`; it lasts half an hour, and \
    `POST /api/v1/sessions/refresh` brings the next. Programs use API tokens (`POST /api/v1/me/api-tokens`) instead. \
    Browsers may have the tokens kept as cookies, and then send the value of `usher_csrf` as `X-CSRF-Token` with \
    whatever is not a GET. \
    Times are RFC 3339 with an offset. Lists come in pages: send `next` of one page as `cursor` for the next. \
    Whatever fails is answered with a problem (RFC 9457, `application/problem+json`) that carries the request's id. \
    Things of other organisations do not exist: 404.";

/// Returns the description's frame, which the features' routes are added to.
pub fn frame() -> OpenApi {
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("usher_session")));
    let mut info = Info::new("Usher", env!("CARGO_PKG_VERSION"));
    info.description = Some(DESCRIPTION.to_owned());
    info.license = Some(LicenseBuilder::new().name("MIT OR Apache-2.0").build());
    let tags = [
        ("accounts", "Signing up, logging in, and one's own account"),
        ("organisations", "Organisations, who belongs to them, and what they keep for their events"),
        ("audit", "The record of every change"),
        ("admin", "Running the whole installation"),
        ("events", "Events, their gates, zones and ticket types"),
        ("public", "What everybody may see and do"),
        ("pages", "What the links in letters lead to: pages for people, not for programs"),
        ("registrations", "Attendees"),
        ("tickets", "Tickets and their QR codes"),
        ("devices", "Terminals at the doors"),
        ("admissions", "Who came in, when and where"),
        ("people", "What is known of one person: shown to them, and erased"),
        ("webhooks", "Calls to other programs when something happens"),
        ("sync", "What terminals speak"),
    ]
    .map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    OpenApiBuilder::new()
        .info(info)
        .tags(Some(tags))
        .components(Some(
            ComponentsBuilder::new()
                .schema_from::<FieldError>()
                .schema_from::<ProblemBody>()
                .security_scheme("session", bearer)
                .security_scheme("cookie", cookie)
                .build(),
        ))
        .security(Some(["session", "cookie"].map(|name| SecurityRequirement::new(name, [] as [&str; 0]))))
        .build()
}

/// Completes the description with what holds for every route.
pub fn complete(mut openapi: OpenApi) -> OpenApi {
    common::complete(&mut openapi);
    openapi
}

/// Returns the routes that show the description; the page's files are part of the program.
pub fn pages(openapi: OpenApi) -> Router {
    let pages: Router = SwaggerUi::new("/docs").url("/openapi.json", openapi).into();
    pages.layer(SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
}
