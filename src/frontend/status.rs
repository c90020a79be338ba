//! The HTTP status of a call error: the table that all frontends of HTTP share.

use http::StatusCode;

use crate::call::{Code, Origin};

/// The HTTP status of a call error. The numbers are those every transcoder uses, but for errors
/// of the last kind, where a backend at fault is a bad gateway.
pub fn status(code: Code, origin: Origin) -> StatusCode {
    match code {
        // 499 has no name in RFC 9110; nginx made it up and all transcoders use it.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
            StatusCode::BAD_REQUEST
        }
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Unknown | Code::Internal | Code::DataLoss => match origin {
            Origin::Backend => StatusCode::BAD_GATEWAY,
            Origin::Client | Origin::Gateway => StatusCode::INTERNAL_SERVER_ERROR,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_and_origin_has_its_status() {
        let mut table = String::new();
        for code in Code::ALL {
            let of = |origin| status(code, origin).as_u16();
            let row = [Origin::Client, Origin::Gateway, Origin::Backend].map(of);
            table.push_str(&format!("{} {row:?}\n", code.name()));
        }
        insta::assert_snapshot!(table);
    }
}
