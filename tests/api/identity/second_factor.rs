//! A second factor: codes of an app, and recovery codes.

use harness::on_both_databases;
use harness::organiser::Organiser;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use sync_protocol::time::UnixMillis;
use usher_server::clock::Clock;

use super::{OLGA, START, ask, done, log_in, told};
use crate::served::{PASSWORD, Served, assert_problem, places, post};

const STEP_MS: u64 = 30_000;

on_both_databases! {
    async fn logging_in_takes_a_code_once_an_app_has_shown_the_secret(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        let olga = served.olga().await;
        assert_problem(post(&olga, "/me/second-factor", &json!({ "password": "a wrong guess" })), 422, "invalid").await;
        let begun = done(post(&olga, "/me/second-factor", &json!({ "password": PASSWORD }))).await;
        let uri = begun["uri"].as_str().unwrap();
        assert!(uri.starts_with("otpauth://totp/Usher:olga%40example.org?secret="), "{uri}");
        let app = App::of(&begun);

        // Nothing is asked for until the app has shown that it has the secret.
        done(log_in(&served, OLGA, PASSWORD)).await;
        let wrong = assert_problem(confirm(&olga, &app.code(START.plus(10 * STEP_MS))), 422, "invalid").await;
        assert_eq!(places(&wrong), ["body.code"]);
        let codes = done(confirm(&olga, &app.code(START))).await;
        assert_eq!(codes["recovery_codes"].as_array().unwrap().len(), 10);
        let status = olga.get("/me/second-factor").await.unwrap();
        assert_eq!(status, json!({ "is_on": true, "recovery_codes": 10 }));
        assert!(told(&served, OLGA).await.contains(&"Your second factor was turned on".to_owned()));

        assert_problem(log_in(&served, OLGA, PASSWORD), 401, "second-factor-needed").await;
        assert_problem(log_in(&served, OLGA, "a wrong guess"), 401, "wrong-credentials").await;
        // The code that turned it on was used.
        assert_problem(with_code(&served, &app.code(START)), 401, "second-factor-wrong").await;
        let failed = olga.list("/me/failed-log-ins").await.unwrap();
        let mut reasons: Vec<_> = failed.iter().map(|failed| failed["reason"].as_str().unwrap()).collect();
        reasons.sort_unstable();
        assert_eq!(reasons, ["password", "second_factor"]);
        clock.set(START.plus(STEP_MS));
        done(with_code(&served, &app.code(clock.now()))).await;
        assert_problem(with_code(&served, &app.code(clock.now())), 401, "second-factor-wrong").await;
        assert_problem(post(&olga, "/me/second-factor", &json!({ "password": PASSWORD })), 409, "second-factor-on").await;
        assert_problem(confirm(&olga, &app.code(START.plus(2 * STEP_MS))), 409, "second-factor-on").await;
    }

    async fn of_two_who_use_one_code_at_once_one_gets_in(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        let (_, app, _) = turned_on(&served).await;
        clock.set(START.plus(STEP_MS));
        let code = app.code(clock.now());

        let (one, other) = tokio::join!(with_code(&served, &code).send(), with_code(&served, &code).send());

        let mut both = [one.unwrap().status().as_u16(), other.unwrap().status().as_u16()];
        both.sort_unstable();
        assert_eq!(both, [201, 401]);
    }

    async fn a_recovery_code_logs_in_once_however_it_is_typed(url: String) {
        let served = Served::start_at(&url, Clock::fixed(START)).await;
        let (olga, _, codes) = turned_on(&served).await;
        let code = codes[3].as_str().unwrap();

        done(with_code(&served, &code.to_lowercase().replace('-', " "))).await;
        assert_problem(with_code(&served, code), 401, "second-factor-wrong").await;
        assert_problem(with_code(&served, "ABCD-EFGH-2345-6723"), 401, "second-factor-wrong").await;
        assert_eq!(olga.get("/me/second-factor").await.unwrap()["recovery_codes"], 9);

        // A code that was refused elsewhere is not used up.
        assert_problem(ask(&served, "/sessions", &json!({ "email": OLGA, "password": "x", "code": codes[4] })), 401, "wrong-credentials").await;
        done(with_code(&served, codes[4].as_str().unwrap())).await;
    }

    async fn new_recovery_codes_end_the_old_ones(url: String) {
        let served = Served::start_at(&url, Clock::fixed(START)).await;
        let (olga, _, codes) = turned_on(&served).await;
        let renew = |code: &Value| {
            post(&olga, "/me/second-factor/recovery-codes", &json!({ "password": PASSWORD, "code": code }))
        };

        assert_eq!(places(&assert_problem(renew(&json!("000000")), 422, "invalid").await), ["body.code"]);
        let new = done(renew(&codes[0])).await["recovery_codes"].clone();

        assert_problem(with_code(&served, codes[1].as_str().unwrap()), 401, "second-factor-wrong").await;
        done(with_code(&served, new[1].as_str().unwrap())).await;
    }

    async fn turning_it_off_takes_the_password_and_a_code(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        let (olga, app, codes) = turned_on(&served).await;
        clock.set(START.plus(STEP_MS));
        let turn_off = |password: &str, code: &str| {
            post(&olga, "/me/second-factor/turn-off", &json!({ "password": password, "code": code }))
        };
        let code = app.code(clock.now());

        assert_eq!(places(&assert_problem(turn_off("x", &code), 422, "invalid").await), ["body.password"]);
        assert_eq!(places(&assert_problem(turn_off(PASSWORD, "000000"), 422, "invalid").await), ["body.code"]);
        done(turn_off(PASSWORD, &code)).await;
        assert!(told(&served, OLGA).await.contains(&"Your second factor was turned off".to_owned()));

        done(log_in(&served, OLGA, PASSWORD)).await;
        assert_problem(turn_off(PASSWORD, codes[0].as_str().unwrap()), 409, "second-factor-off").await;
        assert_problem(confirm(&olga, &code), 409, "second-factor-off").await;
    }

    async fn codes_are_not_guessed(url: String) {
        let served = Served::start_at(&url, Clock::fixed(START)).await;
        turned_on(&served).await;
        for code in ["000000", "111111", "222222", "333333", "444444"] {
            assert_problem(with_code(&served, code), 401, "second-factor-wrong").await;
        }
        assert_problem(with_code(&served, "555555"), 429, "too-many-requests").await;
    }
}

/// An app on somebody's phone.
struct App {
    secret: Vec<u8>,
}

impl App {
    fn of(begun: &Value) -> Self {
        let mut bits = 0_u64;
        let mut held = 0;
        let mut secret = Vec::new();
        for byte in begun["secret"].as_str().unwrap().bytes() {
            let value = if byte.is_ascii_digit() { byte - b'2' + 26 } else { byte - b'A' };
            bits = (bits << 5) | u64::from(value);
            held += 5;
            if held >= 8 {
                held -= 8;
                secret.push((bits >> held) as u8);
            }
        }
        assert_eq!(secret.len(), 20);
        Self { secret }
    }

    fn code(&self, now: UnixMillis) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.secret).unwrap();
        mac.update(&(now.0 / STEP_MS).to_be_bytes());
        let digest: [u8; 20] = mac.finalize().into_bytes().into();
        let at = usize::from(digest[19] & 15);
        let number = u32::from_be_bytes(digest[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

async fn turned_on(served: &Served) -> (Organiser, App, Vec<Value>) {
    let olga = served.olga().await;
    let begun = done(post(&olga, "/me/second-factor", &json!({ "password": PASSWORD }))).await;
    let app = App::of(&begun);
    let mut codes = done(confirm(&olga, &app.code(served.app.clock().now()))).await;
    (olga, app, codes["recovery_codes"].as_array_mut().unwrap().drain(..).collect())
}

fn confirm(olga: &Organiser, code: &str) -> reqwest::RequestBuilder {
    post(olga, "/me/second-factor/confirm", &json!({ "code": code }))
}

fn with_code(served: &Served, code: &str) -> reqwest::RequestBuilder {
    ask(served, "/sessions", &json!({ "email": OLGA, "password": PASSWORD, "code": code }))
}
