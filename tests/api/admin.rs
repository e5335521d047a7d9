//! Running the installation.

use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::Method;
use serde_json::{Value, json};

use crate::served::{PASSWORD, Served, answer, assert_problem, get, own_ids, post, refused};

/// Makes somebody run the installation, as whoever holds its database can.
pub(crate) async fn run_by(served: &Served, email: &str) -> Organiser {
    let organiser = served.organiser(email, "Operators").await;
    let mut tx = served.app.database().begin_write().await.unwrap();
    let update = sqlx::query("UPDATE accounts SET is_admin = 1 WHERE email = $1").bind(email.to_owned());
    update.execute(tx.connection()).await.unwrap();
    tx.commit().await.unwrap();
    organiser
}

on_both_databases! {
    async fn who_runs_the_installation_finds_every_organisation_and_account(url: String) {
        let served = Served::start(&url).await;
        let ada = run_by(&served, "ada@example.org").await;
        let olga = served.olga().await;
        served.organiser("o_o@example.org", "100% Events").await;

        let names = async |path: &str| {
            let field = if path.contains("accounts") { "email" } else { "name" };
            ada.list(path).await.unwrap().iter().map(|item| item[field].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("/admin/organisations").await, ["Operators", "Example", "100% Events"]);
        assert_eq!(names("/admin/organisations?q=EXAMP").await, ["Example"]);
        assert_eq!(names("/admin/organisations?q=0%25").await, ["100% Events"]);
        // Accents and case are nobody's business, whatever the letters.
        served.organiser("zoe@example.org", "ÜBER Größe").await;
        assert_eq!(names("/admin/organisations?q=uber+grosse").await, ["ÜBER Größe"]);
        assert_eq!(names("/admin/organisations?q=%C3%BCber").await, ["ÜBER Größe"]);
        let rename = ada.request(Method::PATCH, "/me").header("if-match", "*").json(&json!({ "name": "ÁDÁM Ødegård" }));
        assert_eq!(answer(rename).await.0, 200);
        assert_eq!(names("/admin/accounts?q=%C3%A1d%C3%A1m").await, ["ada@example.org"]);
        assert_eq!(names("/admin/accounts?q=adam").await, ["ada@example.org"]);
        assert_eq!(names("/admin/accounts?q=Olga@").await, ["olga@example.org"]);
        assert_eq!(names("/admin/accounts?q=o_o").await, ["o_o@example.org"]);
        assert_problem(get(&ada, "/admin/accounts?q=%00"), 422, "invalid").await;

        let (_, organisation) = own_ids(&olga).await;
        assert_eq!(answer(get(&ada, &format!("/organisations/{organisation}/members"))).await.0, 200);
        assert_problem(get(&ada, &format!("/organisations/{}", "0".repeat(32))), 404, "not-found").await;
        assert_problem(get(&olga, "/admin/accounts"), 404, "not-found").await;
    }

    async fn a_locked_account_opens_nothing_until_it_is_unlocked(url: String) {
        let served = Served::start(&url).await;
        let ada = run_by(&served, "ada@example.org").await;
        let olga = served.olga().await;
        let (account, _) = own_ids(&olga).await;
        let act = async |verb: &str| answer(post(&ada, &format!("/admin/accounts/{account}/{verb}"), &Value::Null)).await;

        let (status, _, locked) = act("lock").await;
        assert!(status == 200 && locked["locked_at"].is_string(), "{locked}");
        assert_eq!(act("lock").await.2, locked, "locking again changes nothing");
        assert_problem(get(&olga, "/me"), 401, "unauthorized").await;
        assert_eq!(refused(Organiser::log_in(&served.url, "olga@example.org", PASSWORD).await), 401);

        assert_eq!(act("unlock").await.2["locked_at"], json!(null));
        // The organisation that they belong to can see that.
        let otto = served.organiser("otto@example.org", "Example").await;
        let (_, organisation) = own_ids(&otto).await;
        let records = otto.list(&format!("/organisations/{organisation}/audit")).await.unwrap();
        let (ada_id, _) = own_ids(&ada).await;
        let told: Vec<_> = records
            .iter()
            .filter(|record| record["subject"] == json!(account) && record["account"] == json!(ada_id))
            .map(|record| record["action"].as_str().unwrap())
            .collect();
        assert_eq!(told, ["account.unlock", "account.lock"]);
        Organiser::log_in(&served.url, "olga@example.org", PASSWORD).await.unwrap();
        assert_problem(ada.request(Method::POST, &format!("/admin/accounts/{}/lock", "0".repeat(32))), 404, "not-found").await;
    }

    async fn somebody_always_runs_the_installation(url: String) {
        let served = Served::start(&url).await;
        let ada = run_by(&served, "ada@example.org").await;
        let (own, _) = own_ids(&ada).await;
        for verb in ["lock", "unmake-admin"] {
            assert_problem(post(&ada, &format!("/admin/accounts/{own}/{verb}"), &Value::Null), 409, "last-admin").await;
        }
        let bea = served.organiser("bea@example.org", "Operators").await;
        let (other, _) = own_ids(&bea).await;
        assert_eq!(answer(post(&ada, &format!("/admin/accounts/{other}/make-admin"), &Value::Null)).await.2["is_admin"], true);

        // Each takes the other away, at once.
        let (of_bea, of_ada) = tokio::join!(
            answer(post(&ada, &format!("/admin/accounts/{other}/unmake-admin"), &Value::Null)),
            answer(post(&bea, &format!("/admin/accounts/{own}/unmake-admin"), &Value::Null)),
        );

        let done = [&of_bea, &of_ada].iter().filter(|(status, _, _)| *status == 200).count();
        assert_eq!(done, 1, "{of_bea:?} {of_ada:?}");
    }
}
