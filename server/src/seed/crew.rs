//! The organisations, those who run them, and attendees with accounts.

use std::net::{IpAddr, Ipv4Addr};

use sync_protocol::time::UnixMillis;

use super::SeedError;
use super::dice::Dice;
use super::people::{Person, host};
use super::plan::Plan;
use crate::access::Role;
use crate::accounts::password::{NewPassword, Password};
use crate::accounts::{self, Account, AccountId, Organiser};
use crate::app::App;
use crate::clock::uuids_v7;
use crate::db::{StoreError, Tx};
use crate::organisations::{self, Settings};

/// Organisations that are stored at once.
const AT_ONCE: usize = 50;
/// Of so many registrations one has an account.
const REGISTRATIONS_PER_GUEST: u64 = 50;
/// The most attendees with accounts: each comes to many events then.
const GUESTS_MAX: u64 = 200;
/// What sets organisations apart from the other things that a seed decides about.
const ORGANISATIONS: u64 = 1 << 41;
/// How long ago all of them were founded, in ms.
const FOUNDED_MS_AGO: u64 = 500 * 24 * 3_600_000;

/// Somebody who may log in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Login {
    /// What they are: a role, `admin` or `attendee`.
    pub kind: &'static str,
    /// What they log in with.
    pub email: String,
    /// The organisation that they belong to, if they do.
    pub organisation: Option<String>,
}

/// All who run something, and the attendees with accounts.
#[derive(Debug)]
pub(super) struct Crew {
    /// The owners, by organisation, and whether a manager's word is needed there.
    pub(super) organisations: Vec<(Organiser, bool)>,
    /// How many attendees have accounts: the first of all people.
    pub(super) guests: u64,
    pub(super) accounts: u64,
    /// One of each kind.
    pub(super) logins: Vec<Login>,
}

const STYLES: &[&str] =
    &["Society", "Collective", "Foundation", "Association", "Club", "Company", "Institute", "Guild"];
const NAMESAKES: &[&str] = &[
    "Analytical",
    "Aurora",
    "Borealis",
    "Cedar",
    "Compass",
    "Delta",
    "Ember",
    "Forum",
    "Harbour",
    "Juniper",
    "Lantern",
    "Meridian",
    "Northern",
    "Orchard",
    "Palimpsest",
    "Quarter",
    "River",
    "Signal",
    "Tangent",
    "Urania",
    "Vesper",
];
/// Who there is in each organisation beside its owner.
const ROLES: [Role; 4] = [Role::Manager, Role::Staff, Role::Staff, Role::Promoter];

/// Makes everybody.
pub(super) async fn gather(app: &App, plan: &Plan, password: &str, more: bool) -> Result<Crew, SeedError> {
    let founded = plan.now.minus(FOUNDED_MS_AGO);
    let host = host(plan.seed);
    // One hash for all: it takes as long as all else that is stored of a thousand organisations.
    let new = NewPassword::new(&Password::new(password.to_owned()), &format!("nobody@{host}"), "")?;
    let hash = app.passwords().hash(new).await;
    let guests = (u64::from(plan.sizes.registrations) / REGISTRATIONS_PER_GUEST).clamp(1, GUESTS_MAX);
    let mut crew = Crew { organisations: Vec::new(), guests, accounts: 0, logins: Vec::new() };
    let count = plan.sizes.organisations as usize;
    let mut ids = uuids_v7(founded, (ROLES.len() + 1) * count + 1 + guests as usize).map(AccountId);
    let mut next = || ids.next().ok_or(StoreError::Corrupt("accounts"));
    for first in (0..count).step_by(AT_ONCE) {
        let mut tx = app.database().begin_write().await?;
        if first == 0 {
            let email = format!("admin@{host}");
            // Where others are, nobody else is to run the installation.
            if !more {
                add(&mut tx, &mut crew, plan, next()?, &email, "Admin", true, &hash, founded).await?;
                crew.logins.push(Login { kind: "admin", email, organisation: None });
            }
        }
        for number in first..count.min(first + AT_ONCE) {
            let mut dice = Dice::new(plan.seed, ORGANISATIONS + number as u64);
            let name = format!("{} {} {}", dice.one_of(NAMESAKES), dice.one_of(STYLES), number + 1);
            let needs_approval = dice.happens(50);
            let owner = next()?;
            let email = format!("owner{}@{host}", number + 1);
            add(&mut tx, &mut crew, plan, owner, &email, "", false, &hash, founded).await?;
            let settings = Settings { needs_approval, ..Settings::plain(&name) };
            let organisation = organisations::create(&mut tx, settings, owner, founded).await?.id;
            let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
            let organiser = Organiser { account: owner, organisation, role: Role::Owner, address };
            crew.organisations.push((organiser, needs_approval));
            let login = |kind, email: &str| Login { kind, email: email.to_owned(), organisation: Some(name.clone()) };
            if number == 0 {
                crew.logins.push(login(Role::Owner.name(), &email));
            }
            for (place, role) in ROLES.into_iter().enumerate() {
                let again = ROLES.iter().take(place).filter(|before| **before == role).count();
                let letter = if again == 0 { "" } else { "b" };
                let email = format!("{}{}{letter}@{host}", role.name(), number + 1);
                let account = next()?;
                add(&mut tx, &mut crew, plan, account, &email, "", false, &hash, founded).await?;
                organisations::join(&mut tx, organisation, account, role, founded).await?;
                if number == 0 && again == 0 {
                    crew.logins.push(login(role.name(), &email));
                }
            }
        }
        tx.commit().await?;
    }
    let mut tx = app.database().begin_write().await?;
    for number in 0..guests {
        let Person { name, email, .. } = Person::new(plan.seed, number);
        add(&mut tx, &mut crew, plan, next()?, &email, &name, false, &hash, founded).await?;
        if number == 0 {
            crew.logins.push(Login { kind: "attendee", email, organisation: None });
        }
    }
    tx.commit().await?;
    Ok(crew)
}

/// Makes an account; one without a name is called by somebody's.
#[expect(clippy::too_many_arguments, reason = "one of several accounts that differ in all of these")]
async fn add(
    tx: &mut Tx,
    crew: &mut Crew,
    plan: &Plan,
    id: AccountId,
    email: &str,
    name: &str,
    is_admin: bool,
    hash: &str,
    founded: UnixMillis,
) -> Result<(), SeedError> {
    let population = plan.population();
    let name = if name.is_empty() { Person::new(plan.seed, population + crew.accounts).name } else { name.to_owned() };
    let account =
        Account { id, email: email.to_owned(), name, is_admin, version: 1, language: None, memberships: Vec::new() };
    if !accounts::add(tx, &account, hash, founded).await? {
        return Err(SeedError::Known(plan.seed));
    }
    crew.accounts += 1;
    Ok(())
}
