//! The names by which the description of the interface knows the server's types.

use std::collections::BTreeMap;

use crate::sources::Source;

/// Returns a line for each name that several types have: the description would show one of them for all.
pub(crate) fn shared_names(sources: &[Source]) -> Vec<String> {
    let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path.starts_with("server/src/")) {
        for name in names(&source.code) {
            named.entry(name).or_default().push(&source.path);
        }
    }
    let shared = named.into_iter().filter(|(_, paths)| paths.len() > 1);
    shared.map(|(name, paths)| format!("{name} is a schema of {paths:?}; `#[schema(as = …)]` gives another")).collect()
}

/// The names of the types that derive a schema.
fn names(code: &str) -> Vec<&str> {
    let after = code.split("ToSchema").skip(1);
    let named = after.filter_map(|after| {
        let (attributes, item) = [" struct ", "\nstruct ", " enum ", "\nenum "]
            .iter()
            .filter_map(|keyword| after.split_once(keyword))
            .min_by_key(|(before, _)| before.len())?;
        // An import ends before any type.
        let is_derived = attributes.contains(")]") && !attributes.contains(';');
        let given = attributes.split_once("as = ").map_or(item, |(_, given)| given);
        is_derived.then(|| given.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_two_types_have_is_found() {
        let code =
            "use utoipa::ToSchema;\nstruct Plain;\n#[derive(Clone, ToSchema)]\n#[serde(default)]\npub struct State;";
        let other =
            "#[derive(ToSchema)]\nenum State {}\n#[derive(ToSchema)]\n#[schema(as = Other)]\npub(crate) enum State {}";
        let sources = [Source::of("server/src/a.rs", code), Source::of("server/src/b.rs", other)];

        let found = shared_names(&sources);

        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(r#"State is a schema of ["server/src/a.rs", "server/src/b.rs"]"#), "{found:?}");
    }
}
