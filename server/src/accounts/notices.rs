//! What the holder of an account is told of it by letter, in the language that they have chosen.

use std::net::IpAddr;

use super::api_tokens::ApiTokens;
use super::store;
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::http::peer::Peer;
use crate::language::Language;
use crate::mails::{self, Letter};

/// What has happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum News {
    /// The password is another one.
    PasswordChanged(ApiTokens),
    /// Logging in takes a code from now on.
    SecondFactorOn,
    /// It takes none any more.
    SecondFactorOff,
    /// The recovery codes are others.
    RecoveryCodesRenewed,
    /// An API token of this name was made.
    ApiTokenMade(String),
    /// Somebody has logged in from here, with a device that was not seen before.
    NewDevice(IpAddr),
    /// Somebody wanted an account of an address that has one.
    AskedAgain,
    /// The account has another address.
    Moved,
}

/// Tells the holder of `email`, who may have an account of that address no more.
pub(super) async fn post(tx: &mut Tx, app: &App, email: &str, news: &News) -> Result<(), StoreError> {
    let language = store::language_of(tx, email).await?.unwrap_or(app.language());
    let (subject, paragraphs) = match language {
        Language::English => english(news),
        Language::German => german(news),
    };
    mails::post(tx, app, None, email, &Letter::Notice { subject: subject.to_owned(), paragraphs }).await
}

fn english(news: &News) -> (&'static str, Vec<String>) {
    const NOT_YOU: &str = "If that was not you: choose another password at once, and look at your sessions and your API \
                           tokens.";
    match news {
        News::PasswordChanged(api_tokens) => (
            "Your password was changed",
            vec![
                "The password of your account is another one now, and other devices were logged out.".to_owned(),
                match api_tokens {
                    ApiTokens::End => "Programs that used it with API tokens need new ones.".to_owned(),
                    ApiTokens::Keep => "Programs that use it with API tokens still can.".to_owned(),
                },
                "If that was not you: choose another password at once, and look at your API tokens.".to_owned(),
            ],
        ),
        News::SecondFactorOn => (
            "Your second factor was turned on",
            vec!["Logging in to your account takes a code of your app from now on.".to_owned(), NOT_YOU.to_owned()],
        ),
        News::SecondFactorOff => (
            "Your second factor was turned off",
            vec!["Logging in to your account takes only the password from now on.".to_owned(), NOT_YOU.to_owned()],
        ),
        News::RecoveryCodesRenewed => (
            "You have new recovery codes",
            vec![
                "The recovery codes of your account are others now; the old ones have ended.".to_owned(),
                NOT_YOU.to_owned(),
            ],
        ),
        News::ApiTokenMade(name) => (
            "An API token was made",
            vec![
                format!("A program can now act for you with an API token that is called \u{201c}{name}\u{201d}."),
                "If that was not you: revoke it, and choose another password at once.".to_owned(),
            ],
        ),
        News::NewDevice(address) => (
            "A new device has logged in",
            vec![
                format!(
                    "Somebody has logged in to your account with a device that was not seen before, from {}.",
                    Peer(*address).network()
                ),
                NOT_YOU.to_owned(),
            ],
        ),
        News::AskedAgain => (
            "You have an account already",
            vec![
                "Somebody asked to use this address for an account, and it belongs to yours.".to_owned(),
                "If that was you: log in, or choose another password. If it was not, nothing has happened.".to_owned(),
            ],
        ),
        News::Moved => (
            "Your account has moved",
            vec![
                "Your account now has another address, and you log in with that one.".to_owned(),
                "If that was not you, somebody else has used your account: tell whoever runs this server.".to_owned(),
            ],
        ),
    }
}

fn german(news: &News) -> (&'static str, Vec<String>) {
    const NOT_YOU: &str = "Waren Sie das nicht: Wählen Sie gleich ein anderes Passwort, und sehen Sie Ihre Sitzungen und \
                           Ihre API-Tokens durch.";
    match news {
        News::PasswordChanged(api_tokens) => (
            "Ihr Passwort wurde geändert",
            vec![
                "Ihr Konto hat jetzt ein anderes Passwort, und andere Geräte wurden abgemeldet.".to_owned(),
                match api_tokens {
                    ApiTokens::End => "Programme, die es mit API-Tokens benutzt haben, brauchen neue.".to_owned(),
                    ApiTokens::Keep => "Programme, die es mit API-Tokens benutzen, können das weiterhin.".to_owned(),
                },
                "Waren Sie das nicht: Wählen Sie gleich ein anderes Passwort, und sehen Sie Ihre API-Tokens durch."
                    .to_owned(),
            ],
        ),
        News::SecondFactorOn => (
            "Ihr zweiter Faktor wurde eingeschaltet",
            vec!["Zum Anmelden an Ihrem Konto gehört ab jetzt ein Code Ihrer App.".to_owned(), NOT_YOU.to_owned()],
        ),
        News::SecondFactorOff => (
            "Ihr zweiter Faktor wurde ausgeschaltet",
            vec!["Zum Anmelden an Ihrem Konto genügt ab jetzt das Passwort.".to_owned(), NOT_YOU.to_owned()],
        ),
        News::RecoveryCodesRenewed => (
            "Sie haben neue Ersatzcodes",
            vec!["Ihr Konto hat jetzt andere Ersatzcodes; die alten gelten nicht mehr.".to_owned(), NOT_YOU.to_owned()],
        ),
        News::ApiTokenMade(name) => (
            "Ein API-Token wurde angelegt",
            vec![
                format!("Ein Programm kann jetzt für Sie handeln, mit einem API-Token namens \u{201e}{name}\u{201c}."),
                "Waren Sie das nicht: Widerrufen Sie es, und wählen Sie gleich ein anderes Passwort.".to_owned(),
            ],
        ),
        News::NewDevice(address) => (
            "Ein neues Gerät hat sich angemeldet",
            vec![
                format!(
                    "Jemand hat sich mit einem Gerät, das bisher nicht bekannt war, an Ihrem Konto angemeldet: von {}.",
                    Peer(*address).network()
                ),
                NOT_YOU.to_owned(),
            ],
        ),
        News::AskedAgain => (
            "Sie haben schon ein Konto",
            vec![
                "Jemand wollte diese Adresse für ein Konto benutzen, und sie gehört zu Ihrem.".to_owned(),
                "Waren Sie das: Melden Sie sich an, oder wählen Sie ein anderes Passwort. Wenn nicht, ist nichts geschehen."
                    .to_owned(),
            ],
        ),
        News::Moved => (
            "Ihr Konto hat eine andere Adresse",
            vec![
                "Ihr Konto hat jetzt eine andere Adresse, und Sie melden sich mit dieser an.".to_owned(),
                "Waren Sie das nicht, hat jemand anders Ihr Konto benutzt: Sagen Sie es denen, die diesen Server betreiben."
                    .to_owned(),
            ],
        ),
    }
}
