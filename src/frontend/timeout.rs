//! `Grpc-Timeout`: how long the client waits.

use std::time::{Duration, Instant};

use http::{HeaderName, HeaderValue};

use crate::call::{CallError, Code};

/// Where it stands.
pub const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// The deadline that the value of a request's `Grpc-Timeout` sets: at most eight digits and a unit,
/// `H`, `M`, `S`, `m`, `u` or `n` (gRPC over HTTP/2, "Requests").
pub fn read(value: Option<&HeaderValue>) -> Result<Option<Instant>, CallError> {
    let Some(value) = value else { return Ok(None) };
    let duration = value.to_str().ok().and_then(parse).ok_or_else(|| {
        CallError::client(
            Code::InvalidArgument,
            "header grpc-timeout: expected up to eight digits and one of H, M, S, m, u, n",
        )
    })?;
    Ok(Some(Instant::now() + duration))
}

fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_follow_the_specification() {
        for (text, duration) in [
            ("1S", Some(Duration::from_secs(1))),
            ("250m", Some(Duration::from_millis(250))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
            ("0n", Some(Duration::ZERO)),
            ("123456789S", None),
            ("S", None),
            ("", None),
            ("1s", None),
            ("-1S", None),
            ("1é", None),
        ] {
            assert_eq!(parse(text), duration, "{text}");
        }
    }
}
