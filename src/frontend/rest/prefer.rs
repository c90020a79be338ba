//! `Prefer`: how a client would like its request to be handled (RFC 7240).

use std::time::{Duration, Instant};

use http::header::{HeaderMap, HeaderName, HeaderValue, VARY};

use crate::codec::json::UnknownFields;
use crate::config::checked::Preference;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The longest time that is understood, in seconds; no deadline is as long.
const LONGEST_WAIT: u64 = 24 * 60 * 60;

/// The preferences of one request that the listener honours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preferences {
    /// `return=minimal`: no more than the outcome.
    pub minimal: bool,
    /// `wait=N`: how long the client waits.
    pub wait: Option<Duration>,
    /// `handling=strict` and `handling=lenient`.
    pub handling: Option<UnknownFields>,
}

/// Reads what the listener honours of a request's preferences. Others, and what makes no sense,
/// are as if they were not there (section 2); of one that stands twice the first counts.
pub fn read(headers: &HeaderMap, honoured: &[Preference]) -> Preferences {
    let mut preferences = Preferences::default();
    let is_honoured = |one| honoured.contains(&one);
    let (mut returns, mut waits, mut handles) = (false, false, false);
    let values = headers.get_all(&PREFER).into_iter().filter_map(|value| value.to_str().ok());
    for item in values.flat_map(|value| value.split(',')) {
        let item = item.split(';').next().unwrap_or_default();
        let (name, value) = item.split_once('=').unwrap_or((item, ""));
        let (name, value) = (name.trim(), value.trim().trim_matches('"'));
        if name.eq_ignore_ascii_case("return") && !std::mem::replace(&mut returns, true) {
            preferences.minimal = value == "minimal" && is_honoured(Preference::Return);
        } else if name.eq_ignore_ascii_case("wait") && !std::mem::replace(&mut waits, true) {
            let seconds = value.parse::<u64>().ok().map(|seconds| seconds.min(LONGEST_WAIT));
            preferences.wait =
                seconds.map(Duration::from_secs).filter(|_| is_honoured(Preference::Wait));
        } else if name.eq_ignore_ascii_case("handling") && !std::mem::replace(&mut handles, true) {
            preferences.handling = match value {
                "strict" if is_honoured(Preference::Strict) => Some(UnknownFields::Refuse),
                "lenient" if is_honoured(Preference::Lenient) => Some(UnknownFields::Ignore),
                _ => None,
            };
        }
    }
    preferences
}

impl Preferences {
    /// The earlier of the deadline that the client set and the one it would like.
    pub fn deadline(&self, set: Option<Instant>) -> Option<Instant> {
        let wanted = self.wait.and_then(|wait| Instant::now().checked_add(wait));
        match (set, wanted) {
            (Some(set), Some(wanted)) => Some(set.min(wanted)),
            (set, wanted) => set.or(wanted),
        }
    }

    /// Says which were applied (section 3). `minimal` is whether the reply was left out.
    pub fn write(&self, minimal: bool, headers: &mut HeaderMap) {
        if *self == Self::default() {
            return;
        }
        let mut applied = Vec::new();
        if minimal {
            applied.push("return=minimal".to_owned());
        }
        if let Some(wait) = self.wait {
            applied.push(format!("wait={}", wait.as_secs()));
        }
        match self.handling {
            Some(UnknownFields::Refuse) => applied.push("handling=strict".to_owned()),
            Some(UnknownFields::Ignore) => applied.push("handling=lenient".to_owned()),
            None => {}
        }
        if let Ok(value) = HeaderValue::try_from(applied.join(", "))
            && !applied.is_empty()
        {
            headers.insert(PREFERENCE_APPLIED, value);
            headers.append(VARY, HeaderValue::from_static("prefer"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Preference; 4] =
        [Preference::Return, Preference::Wait, Preference::Strict, Preference::Lenient];

    fn prefer(value: &'static str) -> Preferences {
        read(&HeaderMap::from_iter([(PREFER, HeaderValue::from_static(value))]), &ALL)
    }

    #[test]
    fn preferences_are_read() {
        let all = prefer("Return=minimal; foo=\"a\", wait=5, handling=\"lenient\", respond-async");
        assert!(all.minimal);
        assert_eq!(all.wait, Some(Duration::from_secs(5)));
        assert_eq!(all.handling, Some(UnknownFields::Ignore));
        assert_eq!(prefer("handling=strict").handling, Some(UnknownFields::Refuse));
    }

    #[test]
    fn what_makes_no_sense_is_not_there() {
        for text in ["", "wait", "wait=soon", "wait=-1", "return=representation", "handling=odd"] {
            assert_eq!(prefer(text), Preferences::default(), "{text}");
        }
        assert!(!prefer("return=representation, return=minimal").minimal);
        assert_eq!(prefer("wait=99999999999").wait, Some(Duration::from_secs(LONGEST_WAIT)));
    }

    #[test]
    fn what_the_listener_does_not_honour_is_not_there() {
        let value = HeaderValue::from_static("return=minimal, wait=1, handling=lenient");
        let headers = HeaderMap::from_iter([(PREFER, value)]);
        assert_eq!(read(&headers, &[]), Preferences::default());
        let some = read(&headers, &[Preference::Wait, Preference::Strict]);
        assert_eq!((some.minimal, some.handling), (false, None));
    }
}
