//! Plays a story on one way, and compares what is said with what is expected.

use anyhow::Context as _;
use serde::Serialize;
use serde_json::Value;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{OverrideBy, Verdict};

use crate::format::{Answer, Change, Expected};
use crate::story::{Step, Story, Way};

/// What one way says to one scan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Said {
    pub(crate) verdict: Answer,
    /// Every finding, the shown one first.
    pub(crate) reasons: Vec<String>,
    pub(crate) flags: Vec<String>,
    /// Whether a supervisor's word let them in, where one decided.
    pub(crate) overridden: Option<bool>,
}

impl Said {
    /// Returns what a verdict says.
    pub(crate) fn of(verdict: &Verdict) -> Self {
        let (verdict, reasons, flags) = match verdict {
            Verdict::Admit { flags, .. } => (Answer::Admit, Vec::new(), flags),
            Verdict::Deny { all, by, flags, .. } => {
                let answer = if *by == OverrideBy::Door { Answer::Check } else { Answer::Deny };
                (answer, all.iter().map(|code| code.name().to_owned()).collect(), flags)
            }
        };
        Self { verdict, reasons, flags: flags.names().into_iter().map(str::to_owned).collect(), overridden: None }
    }

    /// Reads what the server answers.
    pub(crate) fn read(answer: &Value) -> anyhow::Result<Self> {
        let texts = |values: &Value| -> Vec<String> {
            values.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let verdict = match answer.get("verdict").and_then(Value::as_str) {
            Some("admit") => Answer::Admit,
            Some("check") => Answer::Check,
            Some("deny") => Answer::Deny,
            _ => anyhow::bail!("the server answers no verdict: {answer}"),
        };
        let codes: Option<Vec<Value>> = answer
            .get("reasons")
            .and_then(Value::as_array)
            .map(|reasons| reasons.iter().filter_map(|reason| reason.get("code").cloned()).collect());
        let shown = answer.pointer("/reason/code").and_then(Value::as_str);
        let reasons = texts(&Value::Array(codes.context("the server lists no reasons")?));
        anyhow::ensure!(shown == reasons.first().map(String::as_str), "the server shows another reason: {answer}");
        let flags = texts(answer.get("flags").context("the server lists no flags")?);
        Ok(Self { verdict, reasons, flags, overridden: None })
    }

    /// Whether this is what was expected.
    fn is(&self, expected: &Expected) -> bool {
        self.verdict == expected.verdict
            && self.reasons.first() == expected.reason.as_ref()
            && expected.reasons.as_ref().is_none_or(|reasons| *reasons == self.reasons)
            && expected.flags.as_ref().is_none_or(|flags| *flags == self.flags)
            && self.overridden == expected.overridden
    }
}

/// Something else came of a scan than was expected.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Difference {
    pub(crate) scenario: String,
    /// The scan's number, counted from 0; nothing where it is about the whole scenario.
    pub(crate) scan: Option<usize>,
    pub(crate) way: Way,
    pub(crate) expected: String,
    pub(crate) got: String,
}

/// What one way does with the steps of one story.
pub(crate) trait Stage {
    /// Lets it be `now`.
    async fn come(&mut self, now: UnixMillis) -> anyhow::Result<()>;
    /// Lets something happen.
    async fn change(&mut self, change: &Change) -> anyhow::Result<()>;
    /// Whether a door has its network.
    fn is_online(&self, door: usize) -> bool;
    /// Shows something; nothing where this way cannot be shown such a thing.
    async fn show(&mut self, number: usize, step: &Step) -> anyhow::Result<Option<Said>>;
    /// Ends, and returns what differs from what is expected of the whole.
    async fn end(&mut self) -> anyhow::Result<Vec<(String, String)>>;
}

/// What came of a story on one way.
#[derive(Debug, Default)]
pub(crate) struct Played {
    /// Scans that were compared.
    pub(crate) compared: usize,
    /// Scans that this way cannot be shown.
    pub(crate) left_out: usize,
    pub(crate) differences: Vec<Difference>,
}

/// Plays a story.
///
/// # Errors
///
/// If something fails that is no verdict: then nothing was decided.
pub(crate) async fn play(story: &Story, way: Way, stage: &mut impl Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let mut tell = |scan, expected, got| {
        played.differences.push(Difference { scenario: story.name.clone(), scan, way, expected, got });
    };
    let (mut compared, mut left_out) = (0, 0);
    for (number, step) in story.steps.iter().enumerate() {
        let place = || format!("{}, scan {number}, {}", story.name, way.name());
        stage.come(step.at).await.with_context(place)?;
        for change in &step.before {
            stage.change(change).await.with_context(|| format!("{change:?}")).with_context(place)?;
        }
        let expected = step.expected.on(way, stage.is_online(step.door));
        match stage.show(number, step).await.with_context(place)? {
            None => left_out += 1,
            Some(said) => {
                compared += 1;
                if !said.is(&expected) {
                    let (expected, got) = words(&expected, &said);
                    tell(Some(number), expected, got);
                }
            }
        }
    }
    for (expected, got) in stage.end().await.with_context(|| format!("{}, {}", story.name, way.name()))? {
        tell(None, expected, got);
    }
    (played.compared, played.left_out) = (compared, left_out);
    Ok(played)
}

/// Returns what was expected and what was said in the same form: as much as was expected.
fn words(expected: &Expected, said: &Said) -> (String, String) {
    let verdict = |answer: Answer| format!("{answer:?}").to_lowercase();
    let mut left = vec![verdict(expected.verdict)];
    let mut right = vec![verdict(said.verdict)];
    match &expected.reasons {
        Some(reasons) => {
            left.push(reasons.join("+"));
            right.push(said.reasons.join("+"));
        }
        None => {
            left.extend(expected.reason.clone());
            right.extend(said.reasons.first().cloned());
        }
    }
    if let Some(flags) = &expected.flags {
        left.push(format!("flags [{}]", flags.join(" ")));
        right.push(format!("flags [{}]", said.flags.join(" ")));
    }
    for (words, overridden) in [(&mut left, expected.overridden), (&mut right, said.overridden)] {
        words.extend(overridden.map(|let_in| if let_in { "overridden" } else { "not overridden" }.to_owned()));
    }
    (left.join(" "), right.join(" "))
}
