//! A file with every setting in it, each explained and none set.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use super::layers::is_setting;

const HEADING: &str = "\
# Settings of usher on this laptop. Take away the # before a line and change its value.
#
# A flag counts more than an environment variable, that more than this file, and this file more than
# what staff last chose on the screen.
";

/// Returns the text of a file with settings that sets nothing, and explains everything.
pub(crate) fn template(command: &Command) -> String {
    let mut text = HEADING.to_owned();
    for arg in command.get_arguments().filter(|arg| is_setting(arg)) {
        text.push('\n');
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        for line in help.lines() {
            let _ = writeln!(text, "# {line}");
        }
        let choices: Vec<String> =
            arg.get_possible_values().iter().map(|choice| choice.get_name().to_owned()).collect();
        if !choices.is_empty() && !is_switch(arg) {
            let _ = writeln!(text, "# One of: {}.", choices.join(", "));
        }
        let _ = writeln!(text, "#{} = {}", arg.get_long().unwrap_or_default(), example(arg));
    }
    text
}

/// Returns the default, or else what kind of value it takes.
fn example(arg: &Arg) -> String {
    let default = arg.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
    match default {
        Some(value) if is_switch(arg) || value.parse::<i64>().is_ok() => value,
        Some(value) => toml::Value::String(value).to_string(),
        None => {
            let kind = arg.get_value_names().and_then(|names| names.first()).map_or("…", |name| name.as_str());
            toml::Value::String(kind.to_owned()).to_string()
        }
    }
}

fn is_switch(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set) && arg.get_num_args().is_some_and(|count| count.min_values() == 0)
}
