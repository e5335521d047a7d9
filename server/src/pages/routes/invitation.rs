//! The page of an invitation.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use sync_protocol::text;
use utoipa::ToSchema;

use super::account::password_field;
use super::{FormBody, answer, ended, language, told};
use crate::accounts::Token;
use crate::accounts::letters::Holder;
use crate::accounts::password::{NewPassword, Password};
use crate::app::App;
use crate::http::peer::Peer;
use crate::http::problem::{Problem, ProblemBody};
use crate::language::{Language, fill};
use crate::organisations::invitations::InvitationError;
use crate::organisations::invitations::by_letter::{self, Asked, NewHolder};
use crate::pages::words::words;
use crate::pages::{Button, Field, Form, Page};

/// The longest name of a person.
const NAME_CHARS_MAX: usize = 200;

/// Asks somebody whether they join an organisation.
#[utoipa::path(
    get, path = "/letters/invite/{token}", tag = "pages", security(()),
    responses(
        (status = 200, body = String, content_type = "text/html"),
        (status = 404, body = String, content_type = "text/html", description = "The link has ended or never was"),
    )
)]
pub(super) async fn show_invitation_page(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some((_, asked)) = asked(&app, &token).await? else { return ended(&app, &headers) };
    let language = language(&app, asked.language, &headers);
    answer(&app, StatusCode::OK, &page(language, &asked, ""), language)
}

/// An answer to an invitation, as a form sends it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct InvitationForm {
    /// `accept` or `decline`.
    #[schema(example = "accept", max_length = 20)]
    answer: String,
    /// 1 to 200 characters, where there is no account of the address yet.
    #[schema(example = "Ada Lovelace", max_length = 200)]
    name: String,
    /// 10 to 1 000 characters, where there is no account of the address yet.
    #[schema(example = "eight lampions over the canal", max_length = 1000)]
    password: String,
}

/// Lets somebody join an organisation, with the account of the address that was asked or a new one; or takes their no.
#[utoipa::path(
    post, path = "/letters/invite/{token}", tag = "pages", security(()),
    request_body(content = InvitationForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html"),
        (status = 404, body = String, content_type = "text/html", description = "The link has ended or never was"),
        (status = 409, body = String, content_type = "text/html", description = "The account of the address is locked"),
        (status = 422, content((String = "text/html"), (ProblemBody = "application/problem+json")),
         description = "The name or password will not do: the page says why"),
    )
)]
pub(super) async fn send_invitation_page(
    State(app): State<App>,
    Path(token): Path<String>,
    Peer(address): Peer,
    headers: HeaderMap,
    FormBody(form): FormBody<InvitationForm>,
) -> Result<Response, Problem> {
    let Some((token, asked)) = asked(&app, &token).await? else { return ended(&app, &headers) };
    let language = language(&app, asked.language, &headers);
    let words = words(language);
    let done = match form.answer.as_str() {
        "accept" => match new_holder(&asked, &form, language) {
            Ok(new) => by_letter::join(&app, &token, new, address).await.map(|_| true),
            Err(wrong) => {
                let mut page = page(language, &asked, &form.name);
                page.problem = wrong.to_owned();
                return answer(&app, StatusCode::UNPROCESSABLE_ENTITY, &page, language);
            }
        },
        "decline" => by_letter::refuse(&app, &token, address).await.map(|()| false),
        _ => return answer(&app, StatusCode::UNPROCESSABLE_ENTITY, &page(language, &asked, &form.name), language),
    };
    let values = [("organisation", asked.organisation.as_str()), ("email", asked.invitation.email.as_str())];
    let page = match done {
        Ok(true) | Err(InvitationError::Known) => {
            Page::saying(fill(words.joined_title, &values), &[&fill(words.joined, &values)])
        }
        Ok(false) => Page::saying(words.declined_title, &[words.declined]),
        Err(InvitationError::NotTheirs) => {
            let page = Page::saying(fill(words.invite_title, &values), &[words.locked]);
            return answer(&app, StatusCode::CONFLICT, &page, language);
        }
        Err(InvitationError::Store(error)) => return Err(error.into()),
        Err(InvitationError::Unknown | InvitationError::Above | InvitationError::TooMany) => {
            return ended(&app, &headers);
        }
    };
    answer(&app, StatusCode::OK, &page, language)
}

async fn asked(app: &App, token: &str) -> Result<Option<(Token, Asked)>, Problem> {
    let Some(token) = Token::parse(token) else { return Ok(None) };
    let mut tx = app.database().begin_read().await?;
    let asked = by_letter::asked(&mut tx, app, &token).await?;
    Ok(asked.map(|asked| (token, asked)))
}

/// Reads what a new account is made of, where one is needed; or says what is wrong.
fn new_holder(asked: &Asked, form: &InvitationForm, language: Language) -> Result<Option<NewHolder>, &'static str> {
    if asked.holder != Holder::Nobody {
        return Ok(None);
    }
    let words = words(language);
    let name = text::tidy(&form.name, usize::MAX);
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(words.name_length);
    }
    let password = NewPassword::new(&Password::new(form.password.clone()), &asked.invitation.email, &name);
    password.map(|password| Some(NewHolder { name, password })).map_err(|error| told(words, error))
}

fn page(language: Language, asked: &Asked, name: &str) -> Page {
    let words = words(language);
    let values = [
        ("organisation", asked.organisation.as_str()),
        ("inviter", asked.inviter.as_str()),
        ("role", words.role(asked.invitation.role)),
        ("email", asked.invitation.email.as_str()),
    ];
    let mut page = Page::saying(fill(words.invite_title, &values), &[&fill(words.invite, &values)]);
    let mut fields = Vec::new();
    if asked.holder == Holder::Nobody {
        page.paragraphs.push(words.invite_new.to_owned());
        let name = Field {
            name: "name",
            label: words.name,
            kind: "text",
            value: name.to_owned(),
            autocomplete: "name",
            chars_min: 1,
            chars_max: NAME_CHARS_MAX,
            ..Field::default()
        };
        fields = vec![name, password_field(language)];
    }
    let buttons = vec![Button::main(words.accept, "accept"), Button::quiet(words.decline, "decline")];
    page.form = Some(Form { fields, buttons });
    page
}
