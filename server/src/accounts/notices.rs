//! What the holder of an account is told of it by letter, in the language that they have chosen.

use super::api_tokens::ApiTokens;
use super::store;
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::language::Language;
use crate::mails::{self, Letter};

/// What has happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum News {
    /// The password is another one.
    PasswordChanged(ApiTokens),
    /// Somebody wanted an account of an address that has one.
    AskedAgain,
    /// The account has another address.
    Moved,
}

/// Tells the holder of `email`, who may have an account of that address no more.
pub(super) async fn post(tx: &mut Tx, app: &App, email: &str, news: News) -> Result<(), StoreError> {
    let language = store::language_of(tx, email).await?.unwrap_or(app.language());
    let (subject, paragraphs) = text(news, language);
    let paragraphs = paragraphs.iter().map(|paragraph| (*paragraph).to_owned()).collect();
    mails::post(tx, app, None, email, &Letter::Notice { subject: subject.to_owned(), paragraphs }).await
}

fn text(news: News, language: Language) -> (&'static str, Vec<&'static str>) {
    match (language, news) {
        (Language::English, News::PasswordChanged(api_tokens)) => (
            "Your password was changed",
            vec![
                "The password of your account is another one now, and other devices were logged out.",
                match api_tokens {
                    ApiTokens::End => "Programs that used it with API tokens need new ones.",
                    ApiTokens::Keep => "Programs that use it with API tokens still can.",
                },
                "If that was not you: choose another password at once, and look at your API tokens.",
            ],
        ),
        (Language::German, News::PasswordChanged(api_tokens)) => (
            "Ihr Passwort wurde geändert",
            vec![
                "Ihr Konto hat jetzt ein anderes Passwort, und andere Geräte wurden abgemeldet.",
                match api_tokens {
                    ApiTokens::End => "Programme, die es mit API-Tokens benutzt haben, brauchen neue.",
                    ApiTokens::Keep => "Programme, die es mit API-Tokens benutzen, können das weiterhin.",
                },
                "Waren Sie das nicht: Wählen Sie gleich ein anderes Passwort, und sehen Sie Ihre API-Tokens durch.",
            ],
        ),
        (Language::English, News::AskedAgain) => (
            "You have an account already",
            vec![
                "Somebody asked to use this address for an account, and it belongs to yours.",
                "If that was you: log in, or choose another password. If it was not, nothing has happened.",
            ],
        ),
        (Language::German, News::AskedAgain) => (
            "Sie haben schon ein Konto",
            vec![
                "Jemand wollte diese Adresse für ein Konto benutzen, und sie gehört zu Ihrem.",
                "Waren Sie das: Melden Sie sich an, oder wählen Sie ein anderes Passwort. Wenn nicht, ist nichts geschehen.",
            ],
        ),
        (Language::English, News::Moved) => (
            "Your account has moved",
            vec![
                "Your account now has another address, and you log in with that one.",
                "If that was not you, somebody else has used your account: tell whoever runs this server.",
            ],
        ),
        (Language::German, News::Moved) => (
            "Ihr Konto hat eine andere Adresse",
            vec![
                "Ihr Konto hat jetzt eine andere Adresse, und Sie melden sich mit dieser an.",
                "Waren Sie das nicht, hat jemand anders Ihr Konto benutzt: Sagen Sie es denen, die diesen Server betreiben.",
            ],
        ),
    }
}
