//! Organisations, and who belongs to them as what.

use harness::on_both_databases;
use reqwest::Method;
use serde_json::json;
use usher_server::access::Role;

use crate::served::{Served, answer, assert_problem, get, own_ids, patch, places, post};

on_both_databases! {
    async fn whoever_makes_an_organisation_owns_it(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;

        let made = post(&olga, "/organisations", &json!({ "name": " Analytical  Engines ", "currency": "GBP" }));
        let response = made.send().await.unwrap();
        assert_eq!(response.status(), 201);
        let location = response.headers()["location"].to_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
        let made: serde_json::Value = response.json().await.unwrap();

        assert_eq!((&made["currency"], &made["time_zone"], &made["needs_approval"]), (&json!("GBP"), &json!("UTC"), &json!(true)));
        assert_eq!(olga.get(&location).await.unwrap(), made);
        let own = olga.get("/organisations").await.unwrap();
        let roles: Vec<_> = own["items"].as_array().unwrap().iter().map(|own| (&own["name"], &own["role"])).collect();
        assert_eq!(roles, [(&json!("Analytical  Engines"), &json!("owner")), (&json!("Example"), &json!("owner"))]);
    }

    async fn everything_wrong_with_an_organisation_is_told_at_once(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let wrong = json!({ "name": " ", "time_zone": "Mars/Olympus", "currency": "eur", "contact_email": "nobody" });

        let problem = assert_problem(post(&olga, "/organisations", &wrong), 422, "invalid").await;

        assert_eq!(places(&problem), ["body.name", "body.time_zone", "body.currency", "body.contact_email"]);
    }

    async fn nobody_overwrites_settings_that_they_have_not_seen(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (_, organisation) = own_ids(&olga).await;
        let path = format!("/organisations/{organisation}");
        let seen = get(&olga, &path).send().await.unwrap().headers()["etag"].to_str().unwrap().to_owned();
        let change = |tag: &str, body: serde_json::Value| olga.request(Method::PATCH, &path).header("if-match", tag).json(&body);

        let (status, _, body) = answer(change(&seen, json!({ "needs_approval": false, "contact_email": "Hi@Example.org" }))).await;
        assert_eq!((status.as_u16(), &body["contact_email"]), (200, &json!("hi@example.org")), "{body}");
        assert_problem(change(&seen, json!({ "name": "Other" })), 412, "changed-meanwhile").await;
        assert_problem(olga.request(Method::PATCH, &path).json(&json!({ "name": "Other" })), 428, "if-match-required").await;

        let (_, _, body) = answer(change("*", json!({ "contact_email": null }))).await;
        assert_eq!((&body["name"], &body["contact_email"], &body["needs_approval"]), (&json!("Example"), &json!(null), &json!(false)));
    }

    async fn owners_say_who_is_what_and_managers_only_of_those_below_them(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (_, organisation) = own_ids(&olga).await;
        let manager = served.member("max@example.org", "Example", Role::Manager).await;
        let (other, _) = own_ids(&served.member("mona@example.org", "Example", Role::Manager).await).await;
        let (staff, _) = own_ids(&served.member("stan@example.org", "Example", Role::Staff).await).await;
        let of = |account: &str| format!("/organisations/{organisation}/members/{account}");

        assert_eq!(answer(patch(&manager, &of(&staff), &json!({ "role": "manager" }))).await.0, 200);
        assert_problem(patch(&manager, &of(&staff), &json!({ "role": "staff" })), 403, "forbidden").await;
        assert_problem(patch(&manager, &of(&other), &json!({ "role": "staff" })), 403, "forbidden").await;
        assert_problem(patch(&manager, &of(&own_ids(&olga).await.0), &json!({ "role": "staff" })), 403, "forbidden").await;
        assert_problem(manager.request(Method::DELETE, &of(&other)).header("if-match", "*"), 403, "forbidden").await;
        assert_problem(patch(&olga, &of(&staff), &json!({ "role": "king" })), 422, "invalid").await;
        assert_problem(patch(&olga, &of(&organisation), &json!({ "role": "staff" })), 404, "not-found").await;

        assert_eq!(answer(patch(&olga, &of(&staff), &json!({ "role": "owner" }))).await.0, 200);
        assert_eq!(answer(olga.request(Method::DELETE, &of(&other)).header("if-match", "*")).await.0, 204);
        let members = olga.list(&format!("/organisations/{organisation}/members")).await.unwrap();
        let roles: Vec<_> = members.iter().map(|member| (&member["email"], &member["role"])).collect();
        assert_eq!(roles, [(&json!("olga@example.org"), &json!("owner")), (&json!("max@example.org"), &json!("manager")),
                           (&json!("stan@example.org"), &json!("owner"))]);
    }

    async fn who_was_removed_sees_nothing_any_more(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let stan = served.member("stan@example.org", "Example", Role::Staff).await;
        let (account, organisation) = own_ids(&stan).await;
        let members = format!("/organisations/{organisation}/members");
        assert_eq!(answer(get(&stan, &members)).await.0, 200);

        let removed = olga.request(Method::DELETE, &format!("{members}/{account}")).header("if-match", "*");
        assert_eq!(answer(removed).await.0, 204);

        assert_problem(get(&stan, &members), 404, "not-found").await;
        assert_eq!(stan.get("/organisations").await.unwrap()["items"], json!([]));
    }

    async fn the_last_owner_stays(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (account, organisation) = own_ids(&olga).await;
        let path = format!("/organisations/{organisation}");
        let own = format!("{path}/members/{account}");

        assert_problem(post(&olga, &format!("{path}/leave"), &json!({})), 409, "last-owner").await;
        assert_problem(patch(&olga, &own, &json!({ "role": "manager" })), 409, "last-owner").await;
        assert_problem(olga.request(Method::DELETE, &own).header("if-match", "*"), 409, "last-owner").await;

        served.member("otto@example.org", "Example", Role::Owner).await;
        assert_eq!(answer(post(&olga, &format!("{path}/leave"), &json!({}))).await.0, 204);
    }

    async fn of_owners_who_all_leave_at_once_one_stays(url: String) {
        let served = Served::start(&url).await;
        let mut owners = vec![served.olga().await];
        for name in ["otto", "oskar", "ophelia"] {
            owners.push(served.member(&format!("{name}@example.org"), "Example", Role::Owner).await);
        }
        let (_, organisation) = own_ids(&owners[0]).await;

        let leave = owners.iter().map(|owner| answer(post(owner, &format!("/organisations/{organisation}/leave"), &json!({}))));
        let answers = futures_util::future::join_all(leave).await;

        let mut statuses: Vec<u16> = answers.iter().map(|(status, _, _)| status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 204, 204, 409]);
    }
}
