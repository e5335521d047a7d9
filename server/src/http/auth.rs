//! Who is calling, and whether they may.

use axum::extract::{FromRequestParts, MatchedPath, OptionalFromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};

use super::cookies::{self, Cookie};
use super::peer::Peer;
use super::problem::Problem;
use crate::access::{self, Need, Role, Route};
use crate::accounts::sessions::{self, About, Authenticated};
use crate::accounts::{AccountId, Caller, OrganisationId, Organiser, Shown};
use crate::app::App;
use crate::db::Tx;
use crate::metrics::Limit;
use crate::organisations;

/// Says which organisation a request is about, where neither its path does nor the caller belongs to just one.
static ORGANISATION: HeaderName = HeaderName::from_static("usher-organisation");

/// The caller is logged in, and the table of routes lets them call this one.
impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(admitted) = parts.extensions.get::<Self>() {
            return Ok(admitted.clone());
        }
        let mut tx = app.database().glance().await?;
        let (known, route) = known(parts, app, &mut tx, About::Nothing).await?;
        drop(tx);
        note_use(app, &known).await;
        let caller = known.caller;
        match route.need {
            Need::Nobody | Need::Member => Ok(caller),
            Need::Admin if caller.is_admin => Ok(caller),
            Need::Admin => Err(Problem::not_found("such address")),
            // Routes of organisations ask for an `Organiser`, and those of devices for a signature.
            Need::Role(_) | Need::Device => Err(Problem::of_status(StatusCode::FORBIDDEN)),
        }
    }
}

/// The caller is logged in, or says nothing of who they are, where anybody may call. A token that is none is
/// refused all the same: whoever sends one means to be somebody.
impl OptionalFromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Problem> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        <Self as FromRequestParts<App>>::from_request_parts(parts, app).await.map(Some)
    }
}

/// The caller belongs to the organisation that the request is about, and is enough in it. Everything they ask for
/// is looked up within that organisation.
impl FromRequestParts<App> for Organiser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(admitted) = parts.extensions.get::<Self>() {
            return Ok(*admitted);
        }
        // Whoever is not logged in is told that first.
        let named = named(parts, app).await;
        let about = named.as_ref().map_or(About::Nothing, |named| named.about);
        let mut tx = app.database().glance().await?;
        let (known, route) = known(parts, app, &mut tx, about).await?;
        let Need::Role(least) = route.need else { return Err(Problem::of_status(StatusCode::FORBIDDEN)) };
        let (organisation, role) = organisation(&mut tx, &known, named?).await?;
        drop(tx);
        note_use(app, &known).await;
        if role < least {
            return Err(Problem::of_status(StatusCode::FORBIDDEN)
                .detail(format!("You are {} there; this takes {}.", role.name(), least.name()))
                .with("needs", least.name()));
        }
        let Caller { account, address, .. } = known.caller;
        Ok(Self { account, organisation, role, address })
    }
}

/// Returns who calls, with what they are where their request is about, and which route.
async fn known(
    parts: &mut Parts,
    app: &App,
    tx: &mut Tx,
    about: About,
) -> Result<(Authenticated, &'static Route), Problem> {
    let (shown, carrier) = shown(app, &parts.headers);
    let shown = shown.ok_or_else(|| refuse("Send the token of a session as a bearer token."))?;
    let Ok(Peer(address)) = Peer::from_request_parts(parts, app).await;
    let known = sessions::authenticate(app, tx, &shown, address, about).await?;
    let known = known.ok_or_else(|| refuse("The session has ended or never was."))?;
    let counted = app.rates().count_account(known.caller.account, parts.extensions.get());
    counted.inspect_err(|_| app.metrics().limited(Limit::Account))?;
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let route = access::route(parts.method.as_str(), path).ok_or_else(|| Problem::of_status(StatusCode::FORBIDDEN))?;
    if carrier == Carrier::Cookie && !route.is_reading() && !known.is_proved_by(cookies::csrf(&parts.headers).as_ref())
    {
        return Err(forged());
    }
    if known.caller.limits.as_ref().is_some_and(|limits| !limits.allow(route)) {
        return Err(Problem::of_status(StatusCode::FORBIDDEN).detail("The API token was not made for this."));
    }
    Ok((known, route))
}

/// Notes when the caller was last seen. That it fails keeps nobody from their work.
async fn note_use(app: &App, known: &Authenticated) {
    let Some(means) = known.stale else { return };
    if let Err(error) = sessions::note_use(app, means, known.caller.address).await {
        tracing::warn!(%error, "could not note when a session was used");
    }
}

/// Refuses what a browser sent that no page of ours asked for.
pub fn forged() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "csrf-token-needed", "Not asked for by a page of this server").detail(
        "With cookies, whatever changes something needs the value of the cookie usher_csrf in the header X-CSRF-Token.",
    )
}

/// Returns the organisation that a request is about, and what the caller is in it: that of the event in the path,
/// the one in the path, the one in the header, or the only one there is.
async fn organisation(tx: &mut Tx, known: &Authenticated, named: Named) -> Result<(OrganisationId, Role), Problem> {
    let Named { what, about } = named;
    let caller = &known.caller;
    let (organisation, role) = match (known.standing, about) {
        (Some(standing), _) => standing,
        (None, About::Event(_) | About::Organisation(_)) => return Err(Problem::not_found(what)),
        (None, About::Nothing) => match organisations::memberships(tx, caller.account).await?.as_slice() {
            [only] => (only.organisation, Some(only.role)),
            [] => {
                return Err(Problem::of_status(StatusCode::FORBIDDEN).detail("You belong to no organisation yet."));
            }
            _ => {
                let msg = "name one of your organisations: you belong to several";
                return Err(Problem::invalid_field("header.usher-organisation", "missing", msg));
            }
        },
    };
    if caller.limits.as_ref().is_some_and(|limits| limits.organisation != organisation) {
        return Err(Problem::not_found(what));
    }
    // Who runs the installation may do everywhere what an owner may.
    let role = match role {
        None if caller.is_admin && organisations::find(tx, organisation).await?.is_some() => Some(Role::Owner),
        role => role,
    };
    Ok((organisation, role.ok_or_else(|| Problem::not_found(what))?))
}

/// What a request says of the organisation that it is about.
#[derive(Clone, Copy, Debug)]
struct Named {
    /// What to say of it if it is not the caller's.
    what: &'static str,
    about: About,
}

/// Reads what a request says of the organisation that it is about.
async fn named(parts: &mut Parts, app: &App) -> Result<Named, Problem> {
    let params = RawPathParams::from_request_parts(parts, app).await;
    let params = params.map_err(|_| Problem::of_status(StatusCode::BAD_REQUEST))?;
    let param = |name| params.iter().find(|(held, _)| *held == name).map(|(_, value)| value);
    if let Some(event) = param("event") {
        let event = event.parse().map_err(|_| Problem::not_found("such event"))?;
        return Ok(Named { what: "such event", about: About::Event(event) });
    }
    let what = "such organisation";
    let header = || parts.headers.get(&ORGANISATION).and_then(|value| value.to_str().ok());
    let about = match param("organisation").or_else(header) {
        Some(text) => About::Organisation(text.parse().map_err(|_| Problem::not_found(what))?),
        None => About::Nothing,
    };
    Ok(Named { what, about })
}

/// Lets a request of this route through to be looked at, and returns the account that it is made by; nothing where
/// anybody may ask and nobody is logged in. Whoever is let through here is not asked again by the route.
///
/// # Errors
///
/// [`Problem`]: they may not, or the database failed.
pub async fn admit(app: &App, route: &Route, parts: &mut Parts) -> Result<Option<AccountId>, Problem> {
    match route.need {
        Need::Nobody => {
            let caller = <Caller as OptionalFromRequestParts<App>>::from_request_parts(parts, app).await?;
            Ok(caller.map(|caller| keep(parts, caller).account))
        }
        Need::Member | Need::Admin => {
            let caller = <Caller as FromRequestParts<App>>::from_request_parts(parts, app).await?;
            Ok(Some(keep(parts, caller).account))
        }
        Need::Role(_) => {
            let organiser = Organiser::from_request_parts(parts, app).await?;
            Ok(Some(keep(parts, organiser).account))
        }
        Need::Device => Err(Problem::of_status(StatusCode::FORBIDDEN)),
    }
}

/// Keeps who was let through with the request, for its route.
fn keep<T: Clone + Send + Sync + 'static>(parts: &mut Parts, who: T) -> T {
    parts.extensions.insert(who.clone());
    who
}

/// What a token came in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Carrier {
    /// A header, which only a program or a page of ours sends.
    Header,
    /// A cookie, which browsers send along unasked.
    Cookie,
}

/// Reads what a caller shows: the header if there is one, else the cookie.
fn shown(app: &App, headers: &HeaderMap) -> (Option<Shown>, Carrier) {
    if headers.contains_key(header::AUTHORIZATION) {
        (bearer(headers), Carrier::Header)
    } else {
        (Cookie::Session.read(app, headers).map(Shown::Session), Carrier::Cookie)
    }
}

/// Reads the bearer token of a request.
fn bearer(headers: &HeaderMap) -> Option<Shown> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { Shown::parse(token.trim()) } else { None }
}

fn refuse(detail: &str) -> Problem {
    Problem::of_status(StatusCode::UNAUTHORIZED).detail(detail)
}
