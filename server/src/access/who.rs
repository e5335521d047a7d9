//! The table of routes as people read it.

use super::{Area, Need, ROUTES, Route};

/// Returns the table as Markdown, as it stands in the server's README.
pub fn who_may_do_what() -> String {
    let mut page = "| Request | Who | API token |\n|---|---|---|\n".to_owned();
    for route in ROUTES {
        let Route { method, path, need, .. } = route;
        page.push_str(&format!("| `{method} {path}` | {} | {} |\n", who(*need), scope(route)));
    }
    page
}

const fn who(need: Need) -> &'static str {
    match need {
        Need::Nobody => "anybody",
        Need::Device => "an enrolled device",
        Need::Member => "whoever is logged in",
        Need::Role(role) => role.name(),
        Need::Admin => "whoever runs the installation",
    }
}

/// Returns what an API token must have been made for.
fn scope(route: &Route) -> String {
    let area = match (route.need, route.area) {
        (Need::Nobody | Need::Device | Need::Admin, _) | (_, Area::Account) => return "–".to_owned(),
        (_, Area::Organisation) => "organisation",
        (_, Area::Events) => "events",
        (_, Area::Attendees) => "attendees",
        (_, Area::Devices) => "devices",
        (_, Area::CheckIns) => "check_ins",
    };
    format!("`{area}:{}`", if route.is_reading() { "read" } else { "write" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_tells_the_table_as_it_is() {
        let readme = include_str!("../../README.md");
        let told = readme.split("<!-- access -->\n").nth(1).unwrap();
        assert_eq!(
            told,
            who_may_do_what(),
            "put what `usher-server access` prints between the marks of server/README.md"
        );
    }
}
