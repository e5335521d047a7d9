//! Asking people by e-mail to belong to an organisation.

use harness::on_both_databases;
use reqwest::Method;
use serde_json::{Value, json};
use sync_protocol::time::UnixMillis;
use usher_server::access::Role;
use usher_server::clock::Clock;
use usher_server::organisations::invitations::INVITATION_MS;

use crate::letters;
use crate::served::{Served, answer, assert_problem, own_ids, post};

on_both_databases! {
    async fn whoever_reads_the_letter_joins_once(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (_, organisation) = own_ids(&olga).await;
        let bob = served.organiser("bob@example.org", "Bobs").await;
        let path = format!("/organisations/{organisation}/invitations");

        let asked = olga.post(&path, &json!({ "email": " Bob@Example.org", "role": "staff" })).await.unwrap();
        assert_eq!((&asked["email"], &asked["role"]), (&json!("bob@example.org"), &json!("staff")));
        assert_eq!(olga.list(&path).await.unwrap(), std::slice::from_ref(&asked));
        let letters = letters::to(&served, "bob@example.org").await;
        let told = |field: &str| letters[0][field].as_str().unwrap().to_owned();
        assert_eq!((told("kind"), told("organisation"), told("inviter"), told("role")),
                   ("invite".to_owned(), "Example".to_owned(), "Olga".to_owned(), "staff".to_owned()));
        assert!(!asked.to_string().contains(&told("token")), "what lets in stands in the letter alone");

        let token = json!({ "token": told("token") });
        let joined = bob.post("/invitations/accept", &token).await.unwrap();
        assert_eq!(joined, json!({ "organisation": organisation, "role": "staff" }));
        assert_problem(post(&bob, "/invitations/accept", &token), 404, "not-found").await;
        assert_eq!(answer(bob.request(Method::GET, &format!("/organisations/{organisation}/members"))).await.0, 200);
        assert!(olga.list(&path).await.unwrap().is_empty());
        assert_problem(post(&olga, &path, &json!({ "email": "bob@example.org", "role": "staff" })), 409, "known").await;
    }

    async fn a_letter_lets_nobody_else_in(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (_, organisation) = own_ids(&olga).await;
        let eve = served.organiser("eve@example.org", "Eves").await;
        olga.post(&format!("/organisations/{organisation}/invitations"), &json!({ "email": "bob@example.org", "role": "owner" })).await.unwrap();
        let token = letters::token_to(&served, "bob@example.org").await;

        for reply in ["accept", "decline"] {
            let path = format!("/invitations/{reply}");
            assert_problem(post(&eve, &path, &json!({ "token": token })), 403, "forbidden").await;
            assert_problem(post(&eve, &path, &json!({ "token": "ab".repeat(32) })), 404, "not-found").await;
            assert_problem(post(&eve, &path, &json!({ "token": "ab" })), 422, "invalid").await;
        }
        assert_eq!(eve.get("/organisations").await.unwrap()["items"].as_array().unwrap().len(), 1);
    }

    async fn the_answer_does_not_tell_whether_there_is_an_account(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        served.organiser("bob@example.org", "Bobs").await;
        let (_, organisation) = own_ids(&olga).await;
        let path = format!("/organisations/{organisation}/invitations");

        let mut answers = Vec::new();
        for email in ["bob@example.org", "new@example.org"] {
            let (status, _, mut body) = answer(post(&olga, &path, &json!({ "email": email, "role": "staff" }))).await;
            for field in ["id", "email", "created_at", "expires_at"] {
                assert!(body[field].take().is_string());
            }
            answers.push((status, body));
        }

        assert_eq!(answers[0], answers[1]);
        assert_eq!(letters::to(&served, "new@example.org").await.len(), 1);
    }

    async fn an_invitation_counts_for_a_week_and_is_renewed_by_another_letter(url: String) {
        let begin = UnixMillis(1_800_000_000_000);
        let clock = Clock::fixed(begin);
        let served = Served::start_at(&url, clock.clone()).await;
        let olga = served.olga().await;
        let (_, organisation) = own_ids(&olga).await;
        served.organiser("bob@example.org", "Bobs").await;
        let path = format!("/organisations/{organisation}/invitations");
        let asked = olga.post(&path, &json!({ "email": "bob@example.org", "role": "staff" })).await.unwrap();
        let first = letters::token_to(&served, "bob@example.org").await;

        clock.set(begin.plus(INVITATION_MS));
        let log_in = async |email: &str| harness::organiser::Organiser::log_in(&served.url, email, crate::served::PASSWORD).await.unwrap();
        let (olga, bob) = (log_in("olga@example.org").await, log_in("bob@example.org").await);
        assert_problem(post(&bob, "/invitations/accept", &json!({ "token": first })), 404, "not-found").await;

        let again = format!("{path}/{}/resend", asked["id"].as_str().unwrap());
        clock.set(begin.plus(INVITATION_MS + 1));
        olga.post(&again, &Value::Null).await.unwrap();
        let second = letters::token_to(&served, "bob@example.org").await;
        assert_ne!(first, second);
        assert_problem(post(&bob, "/invitations/accept", &json!({ "token": first })), 404, "not-found").await;
        bob.post("/invitations/accept", &json!({ "token": second })).await.unwrap();
    }

    async fn what_was_withdrawn_or_declined_lets_nobody_in(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (_, organisation) = own_ids(&olga).await;
        let bob = served.organiser("bob@example.org", "Bobs").await;
        let path = format!("/organisations/{organisation}/invitations");
        let ask = async || olga.post(&path, &json!({ "email": "bob@example.org", "role": "staff" })).await.unwrap();

        let asked = ask().await;
        assert_problem(post(&olga, &path, &json!({ "email": "bob@example.org", "role": "staff" })), 409, "known").await;
        let withdrawn = olga.request(Method::DELETE, &format!("{path}/{}", asked["id"].as_str().unwrap()));
        assert_eq!(answer(withdrawn).await.0, 204);
        let token = json!({ "token": letters::token_to(&served, "bob@example.org").await });
        assert_problem(post(&bob, "/invitations/accept", &token), 404, "not-found").await;

        ask().await;
        let token = json!({ "token": letters::to(&served, "bob@example.org").await.into_iter().map(|letter| letter["token"].clone())
            .find(|held| held != &token["token"]).unwrap() });
        assert_eq!(answer(post(&bob, "/invitations/decline", &token)).await.0, 204);
        assert_problem(post(&bob, "/invitations/accept", &token), 404, "not-found").await;
        assert!(olga.list(&path).await.unwrap().is_empty());
    }

    async fn nobody_asks_for_more_than_they_are(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (_, organisation) = own_ids(&olga).await;
        let max = served.member("max@example.org", "Example", Role::Manager).await;
        let path = format!("/organisations/{organisation}/invitations");

        assert_problem(post(&max, &path, &json!({ "email": "x@example.org", "role": "owner" })), 403, "forbidden").await;
        let asked = olga.post(&path, &json!({ "email": "x@example.org", "role": "owner" })).await.unwrap();
        let one = format!("{path}/{}", asked["id"].as_str().unwrap());
        assert_problem(post(&max, &format!("{one}/resend"), &json!({})), 403, "forbidden").await;
        assert_problem(max.request(Method::DELETE, &one), 403, "forbidden").await;
        assert!(letters::to(&served, "x@example.org").await.len() == 1);

        let stranger = served.organiser("sam@example.org", "Strangers").await;
        let (_, own) = own_ids(&stranger).await;
        let moved = one.replace(&organisation, &own);
        assert_problem(stranger.request(Method::DELETE, &moved), 404, "not-found").await;
    }

    async fn of_two_who_accept_at_once_one_joins(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (_, organisation) = own_ids(&olga).await;
        let bob = served.organiser("bob@example.org", "Bobs").await;
        olga.post(&format!("/organisations/{organisation}/invitations"), &json!({ "email": "bob@example.org", "role": "staff" })).await.unwrap();
        let token = json!({ "token": letters::token_to(&served, "bob@example.org").await });

        let accept = (0..6).map(|_| answer(post(&bob, "/invitations/accept", &token)));
        let answers = futures_util::future::join_all(accept).await;

        let mut statuses: Vec<u16> = answers.iter().map(|(status, _, _)| status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 404, 404, 404, 404, 404]);
    }
}
