//! Every route of the table, asked by everybody: whoever may is let, and whoever may not is told so alike everywhere.

use futures_util::StreamExt as _;
use harness::on_both_databases;
use harness::organiser::Organiser;
use usher_server::access::{Area, Need, ROUTES, Role, Route};

use crate::served::{Served, own_ids};
use crate::subjects::{Subjects, ask};

/// Routes of the interface for people: those of devices are signed, and tested with them.
fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.need != Need::Device && route.path.starts_with("/api/"))
}

/// Routes with their paths: what changes nothing comes first, so that what it is about is still there.
async fn in_order(subjects: &mut Subjects<'_>) -> Vec<(&'static Route, String)> {
    let (reading, changing): (Vec<&Route>, Vec<&Route>) = routes().partition(|route| route.is_reading());
    let mut paths = Vec::new();
    for route in reading.into_iter().chain(changing).filter(|route| route.need != Need::Nobody) {
        paths.push((route, subjects.path(route).await));
    }
    paths
}

/// The status of an answer, which may be a stream that never ends.
async fn status(request: reqwest::RequestBuilder) -> u16 {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    // Whatever is sent is read to its first part, so that a failure in the middle is seen as well.
    let _ = response.bytes_stream().next().await.transpose().unwrap();
    status
}

/// What whoever is less than a manager does with events of their own alone; these are an owner's.
const OWN_EVENTS_ONLY: [(&str, &str); 3] = [
    ("PATCH", "/api/v1/events/{event}"),
    ("DELETE", "/api/v1/events/{event}"),
    ("POST", "/api/v1/events/{event}/submit"),
];

fn by(organiser: &Organiser, organisation: &str, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    request.bearer_auth(organiser.token()).header("usher-organisation", organisation)
}

on_both_databases! {
    async fn a_strangers_request_finds_nothing(url: String) {
        let served = Served::start(&url).await;
        let http = reqwest::Client::new();
        let mut subjects = Subjects::new(&served).await;
        let sam = served.organiser("sam@example.org", "Strangers").await;

        let mut wrong = Vec::new();
        for route in routes().filter(|route| matches!(route.need, Need::Role(_))) {
            let path = subjects.path(route).await;
            let was = status(by(&sam, &subjects.organisation, ask(&http, &served, route, &path))).await;
            if was != 404 {
                wrong.push(format!("{} {}: {was}", route.method, route.path));
            }
        }
        assert!(wrong.is_empty(), "a stranger was told more than 404: {wrong:#?}");
    }

    async fn whoever_is_less_than_a_route_needs_is_refused_and_whoever_is_enough_is_not(url: String) {
        let served = Served::start(&url).await;
        let http = reqwest::Client::new();
        let mut subjects = Subjects::new(&served).await;
        let mut members = Vec::new();
        for role in Role::ALL {
            let member = served.member(&format!("{}@example.org", role.name()), "Example", role).await;
            let (account, _) = own_ids(&member).await;
            members.push((role, member, account));
        }

        let mut wrong = Vec::new();
        for (route, path) in in_order(&mut subjects).await {
            let Need::Role(least) = route.need else { continue };
            for (role, member, account) in &members {
                let was = status(by(member, &subjects.organisation, ask(&http, &served, route, &path))).await;
                let is_others = OWN_EVENTS_ONLY.contains(&(route.method, route.path)) && *role < Role::Manager;
                let is_right = match *role < least || is_others {
                    true => was == 403,
                    false if route.is_reading() => !matches!(was, 401 | 403 | 404),
                    false => !matches!(was, 401 | 403),
                };
                if !is_right || was >= 500 {
                    wrong.push(format!("{} {} by {}: {was}", route.method, route.path, role.name()));
                }
                if !route.is_reading() && *role >= least {
                    subjects.put_back(account, *role).await;
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    async fn without_a_token_only_public_routes_answer(url: String) {
        let served = Served::start(&url).await;
        let http = reqwest::Client::new();
        let mut subjects = Subjects::new(&served).await;

        let mut wrong = Vec::new();
        for route in routes().filter(|route| route.need != Need::Nobody) {
            let path = subjects.path(route).await;
            let was = status(ask(&http, &served, route, &path)).await;
            if was != 401 {
                wrong.push(format!("{} {}: {was}", route.method, route.path));
            }
        }
        assert!(wrong.is_empty(), "somebody who is not logged in was told more than 401: {wrong:#?}");
    }

    async fn routes_of_those_who_run_the_installation_do_not_exist_for_owners(url: String) {
        let served = Served::start(&url).await;
        let http = reqwest::Client::new();
        let mut subjects = Subjects::new(&served).await;

        let mut wrong = Vec::new();
        for route in routes().filter(|route| route.need == Need::Admin) {
            let path = subjects.path(route).await;
            let was = status(by(&subjects.olga, &subjects.organisation, ask(&http, &served, route, &path))).await;
            if was != 404 {
                wrong.push(format!("{} {}: {was}", route.method, route.path));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    async fn an_api_token_opens_what_it_was_made_for_and_nothing_else(url: String) {
        let served = Served::start(&url).await;
        let http = reqwest::Client::new();
        let mut subjects = Subjects::new(&served).await;
        let areas = [Area::Organisation, Area::Events, Area::Attendees, Area::Devices, Area::CheckIns];
        let mut tokens = Vec::new();
        for area in areas {
            let name = serde_json::to_value(area).unwrap().as_str().unwrap().to_owned();
            for (verb, writes) in [("read", false), ("write", true)] {
                let token = subjects.api_token(&[&format!("{name}:{verb}")]).await;
                tokens.push((area, writes, token["token"].as_str().unwrap().to_owned()));
            }
        }

        let mut wrong = Vec::new();
        for (route, path) in in_order(&mut subjects).await {
            if !matches!(route.need, Need::Role(_) | Need::Member) {
                continue;
            }
            for (area, writes, token) in &tokens {
                let opens = *area == route.area && (*writes || route.is_reading());
                let was = status(ask(&http, &served, route, &path).bearer_auth(token)).await;
                if matches!(was, 401 | 403) == opens || was >= 500 {
                    wrong.push(format!("{} {} with {area:?}, writes: {writes}: {was}", route.method, route.path));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
