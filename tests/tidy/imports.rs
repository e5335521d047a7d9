//! Which files may name which crates, clocks and sources of chance.

use crate::sources::Source;

/// Names that may stand in some files only.
pub(crate) struct OnlyHere {
    /// The folder the rule is about.
    within: &'static str,
    names: &'static [&'static str],
    /// Parts of paths below `within`: a file (`routes.rs`, anywhere), or a folder at its root (`http/`).
    places: &'static [&'static str],
}

/// The rules.
pub(crate) const ONLY_HERE: &[OnlyHere] = &[
    OnlyHere {
        within: "server/src/",
        names: &["axum::"],
        places: &["routes.rs", "routes/", "app.rs", "http.rs", "http/", "serve.rs"],
    },
    OnlyHere { within: "server/src/", names: &["sqlx::"], places: &["store.rs", "store/", "db.rs", "db/"] },
    OnlyHere { within: "server/src/", names: &["chacha20poly1305::"], places: &["seal.rs"] },
    OnlyHere { within: "server/src/", names: &["SystemTime::now", "Utc::now", "Local::now"], places: &["clock.rs"] },
    OnlyHere {
        within: "server/src/",
        names: &["env::var", "env::vars", "env::var_os"],
        places: &["main.rs", "config.rs"],
    },
    OnlyHere { within: "terminal/src/", names: &["rusqlite::"], places: &["cache.rs", "cache/"] },
    OnlyHere { within: "terminal/src/", names: &["chacha20poly1305::"], places: &["cache.rs", "cache/"] },
    OnlyHere { within: "terminal/src/", names: &["ratatui::"], places: &["tui.rs", "tui/"] },
    OnlyHere {
        within: "terminal/src/",
        names: &["nokhwa::", "v4l::", "zune_jpeg::"],
        places: &["camera.rs", "camera/"],
    },
    OnlyHere { within: "terminal/src/", names: &["cpal::"], places: &["feedback.rs", "feedback/"] },
    OnlyHere { within: "terminal/src/", names: &["rqrr::"], places: &["decoder.rs", "decoder/"] },
    OnlyHere {
        within: "terminal/src/",
        names: &["image::"],
        places: &["camera.rs", "camera/", "decoder.rs", "decoder/", "print/picture.rs", "tui/picture/"],
    },
    OnlyHere { within: "terminal/src/", names: &["reqwest::"], places: &["sync.rs", "sync/"] },
    OnlyHere { within: "terminal/src/", names: &["SystemTime::now", "Utc::now", "Local::now"], places: &["clock.rs"] },
    OnlyHere { within: "terminal/src/", names: &["env::var", "env::vars", "env::var_os"], places: &["config.rs"] },
];

/// Returns a line for each file that names what it may not.
pub(crate) fn breaches(sources: &[Source], rules: &[OnlyHere]) -> Vec<String> {
    let mut breaches = Vec::new();
    for source in sources {
        for rule in rules {
            let Some(path) = source.path.strip_prefix(rule.within) else { continue };
            if is_at(path, rule.places) {
                continue;
            }
            for name in rule.names.iter().filter(|name| names(&source.code, name)) {
                breaches.push(format!("{}: {name} belongs into {}", source.path, rule.places.join(", ")));
            }
        }
    }
    breaches
}

/// Whether a path below a crate's `src/` is one of these places.
pub(crate) fn is_at(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| path.starts_with(place) || path.contains(&format!("/{place}")))
}

/// Whether the code names this: a path's beginning where it ends in `::`, also in `use`.
pub(crate) fn names(code: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + name.len()..].chars().next();
        let is_path = name.ends_with("::");
        let is_within = before.is_some_and(is_word) || (is_path && code[..at].ends_with("::"));
        !is_within && (is_path || !after.is_some_and(is_word))
    })
}
