//! WS-Security 1.0 and 1.1: who calls, by a UsernameToken or a JWT, and when the message was made.
//! Signatures and encryption are refused by name.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::envelope::{Heard, unreadable};
use super::fault::Fault;
use crate::call::{CallError, Code};
use crate::codec::xml::{Event, Reader, Start, moment};

/// The namespace of security headers, in 1.0 and 1.1 alike.
pub(super) const NAMESPACE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const UTILITY: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
const ENCRYPTION: &str = "http://www.w3.org/2001/04/xmlenc#";

/// How many nonces are remembered.
const MOST_NONCES: usize = 100_000;

/// Whether a header block is a security header.
pub(super) fn owns(start: &Start<'_>) -> bool {
    start.is(NAMESPACE, "Security")
}

/// What security headers are held to. Secrets are never shown.
pub(super) struct Security {
    /// Passwords by name; `None` where they are for the services to check.
    pub users: Option<HashMap<Box<str>, Box<str>>>,
    /// How far the client's clock may be off, and how old a message may be.
    pub max_skew: Duration,
    /// Whether a request without credentials is refused.
    pub required: bool,
    /// Nonces that were used.
    pub nonces: Arc<Nonces>,
}

impl std::fmt::Debug for Security {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Security").field("required", &self.required).finish_non_exhaustive()
    }
}

/// Nonces of a while: a message that is sent again is found out. They outlive a snapshot's listeners
/// only as long as somebody holds them.
#[derive(Debug, Default)]
pub(super) struct Nonces(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    known: std::collections::HashSet<Vec<u8>>,
    /// In the order they came.
    order: VecDeque<(i64, Vec<u8>)>,
}

impl Nonces {
    /// Notes a nonce; `false` where it was there already, or too many are.
    fn note(&self, nonce: Vec<u8>, now: i64, kept: i64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Seen { known, order } = &mut *seen;
        while order.front().is_some_and(|(at, _)| *at < now - kept) {
            if let Some((_, old)) = order.pop_front() {
                known.remove(&old);
            }
        }
        if order.len() >= MOST_NONCES || !known.insert(nonce.clone()) {
            return false;
        }
        order.push_back((now, nonce));
        true
    }
}

#[derive(Debug, Default)]
struct Token {
    username: Option<String>,
    password: Option<(bool, String)>,
    nonce: Option<String>,
    created: Option<String>,
}

impl Security {
    /// Refuses a request that does not say who calls, where it must.
    pub fn require(&self, heard: &Heard) -> Result<(), Fault> {
        match self.required && heard.credentials.is_none() {
            true => Err(failed("a security header with credentials is required")),
            false => Ok(()),
        }
    }

    /// Reads a security header, its end tag too: the credentials in it, as `authorization` has them.
    pub fn read(&self, reader: &mut Reader<'_>) -> Result<Option<String>, Fault> {
        let mut credentials = None;
        loop {
            let start = match reader.step().map_err(unreadable)? {
                Event::Start(start) => start,
                Event::End | Event::Eof => return Ok(credentials),
                Event::Text(_) => continue,
            };
            let found = if start.is(NAMESPACE, "UsernameToken") {
                Some(self.username(reader)?)
            } else if start.is(NAMESPACE, "BinarySecurityToken") {
                Some(binary(&start, reader)?)
            } else if start.is(UTILITY, "Timestamp") {
                self.timestamp(reader)?;
                None
            } else {
                return Err(refused(&start));
            };
            if let Some(found) = found
                && credentials.replace(found).is_some()
            {
                return Err(failed("the security header has several tokens"));
            }
        }
    }

    fn username(&self, reader: &mut Reader<'_>) -> Result<String, Fault> {
        let mut token = Token::default();
        loop {
            let start = match reader.step().map_err(unreadable)? {
                Event::Start(start) => start,
                Event::End | Event::Eof => break,
                Event::Text(_) => continue,
            };
            let is_digest =
                start.attribute("", "Type").is_some_and(|of| of.ends_with("#PasswordDigest"));
            let text = reader.text().map_err(unreadable)?.trim().to_owned();
            match (start.namespace, start.local) {
                (NAMESPACE, "Username") => token.username = Some(text),
                (NAMESPACE, "Password") => token.password = Some((is_digest, text)),
                (NAMESPACE, "Nonce") => token.nonce = Some(text),
                (UTILITY, "Created") => token.created = Some(text),
                // `wsse11:Salt` and `Iteration` derive keys for signatures.
                _ => return Err(refused(&start)),
            }
        }
        self.check(token)
    }

    fn check(&self, token: Token) -> Result<String, Fault> {
        let (Some(username), Some((is_digest, given))) = (token.username, token.password) else {
            return Err(failed("the UsernameToken has no name or no password"));
        };
        if username.contains(':') {
            return Err(failed("a username with a colon has no place among credentials"));
        }
        let now = now();
        let skew = i64::try_from(self.max_skew.as_secs()).unwrap_or(i64::MAX / 4);
        if let Some(created) = &token.created {
            let made = moment(created).ok_or_else(|| failed("wsu:Created is no moment"))?.0;
            if (now - made).abs() > skew {
                return Err(failed("the UsernameToken is too old, or of the future"));
            }
        }
        let known = self.users.as_ref().map(|users| users.get(&*username));
        let password = match (known, is_digest) {
            (Some(None), _) => return Err(wrong()),
            (Some(Some(password)), _) => &**password,
            // Whether it is right is for the service to say.
            (None, false) => &*given,
            (None, true) => {
                return Err(failed(
                    "a password digest cannot be checked here: no users are configured",
                ));
            }
        };
        if is_digest {
            let (Some(nonce), Some(created)) = (&token.nonce, &token.created) else {
                return Err(failed("a password digest needs wsse:Nonce and wsu:Created"));
            };
            let nonce = STANDARD.decode(nonce).map_err(|_| failed("wsse:Nonce is not base64"))?;
            let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
            for part in [&nonce, created.as_bytes(), password.as_bytes()] {
                digest.update(part);
            }
            let expected = STANDARD.encode(digest.finish());
            if verify_slices_are_equal(expected.as_bytes(), given.as_bytes()).is_err() {
                return Err(wrong());
            }
        } else if verify_slices_are_equal(password.as_bytes(), given.as_bytes()).is_err() {
            return Err(wrong());
        }
        // Told apart from a wrong password only by who knows the right one.
        if let Some(nonce) = token.nonce
            && !self.nonces.note(nonce.into_bytes(), now, 2 * skew)
        {
            return Err(failed("the nonce was used before"));
        }
        Ok(format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
    }

    fn timestamp(&self, reader: &mut Reader<'_>) -> Result<(), Fault> {
        let now = now();
        let skew = i64::try_from(self.max_skew.as_secs()).unwrap_or(i64::MAX / 4);
        loop {
            let start = match reader.step().map_err(unreadable)? {
                Event::Start(start) => start,
                Event::End | Event::Eof => return Ok(()),
                Event::Text(_) => continue,
            };
            let text = reader.text().map_err(unreadable)?;
            let at = || {
                moment(&text)
                    .map(|(seconds, _)| seconds)
                    .ok_or_else(|| failed("a moment of the Timestamp is none"))
            };
            match start.local {
                "Created" if at()? > now + skew => {
                    return Err(expired("the message is of the future"));
                }
                "Expires" if at()? + skew < now => return Err(expired("the message has expired")),
                _ => {}
            }
        }
    }
}

/// A JWT, as it is or in base64.
fn binary(start: &Start<'_>, reader: &mut Reader<'_>) -> Result<String, Fault> {
    let kind = start.attribute("", "ValueType").unwrap_or_default().to_ascii_lowercase();
    let text = reader.text().map_err(unreadable)?;
    let text: String = text.split_whitespace().collect();
    if !kind.contains("jwt") {
        return Err(Fault::Security(
            "UnsupportedSecurityToken",
            unauthenticated("the token is no JWT"),
        ));
    }
    let is_jwt = |text: &str| {
        text.split('.').count() == 3
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let token = match is_jwt(&text) {
        true => text,
        false => {
            let decoded =
                STANDARD.decode(&text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            decoded.filter(|text| is_jwt(text)).ok_or_else(|| {
                Fault::Security("InvalidSecurityToken", unauthenticated("the token is no JWT"))
            })?
        }
    };
    Ok(format!("Bearer {token}"))
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX / 4)
}

fn unauthenticated(message: impl Into<String>) -> CallError {
    CallError::client(Code::Unauthenticated, message.into())
}

fn failed(message: &str) -> Fault {
    Fault::Security("FailedAuthentication", unauthenticated(message))
}

fn wrong() -> Fault {
    failed("the name or the password is wrong")
}

fn expired(message: &str) -> Fault {
    Fault::Security("MessageExpired", unauthenticated(message))
}

/// What is not taken, by its name.
fn refused(start: &Start<'_>) -> Fault {
    let local: String = start.local.chars().take(100).collect();
    let (code, what) = match (start.namespace, start.local) {
        (SIGNATURE, _) => ("UnsupportedAlgorithm", "signatures are not checked here".to_owned()),
        (ENCRYPTION, _) => ("UnsupportedAlgorithm", "encryption is not read here".to_owned()),
        (namespace, "Assertion") if namespace.contains("SAML") => {
            ("UnsupportedSecurityToken", "SAML is not taken here".to_owned())
        }
        _ => (
            "UnsupportedSecurityToken",
            format!("<{local}> of a security header is not taken here"),
        ),
    };
    Fault::Security(code, unauthenticated(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::xml::Limits;

    fn security(users: bool) -> Security {
        let users = users.then(|| HashMap::from([("ann".into(), "pa ss".into())]));
        Security {
            users,
            max_skew: Duration::from_secs(300),
            required: false,
            nonces: Arc::default(),
        }
    }

    fn read(security: &Security, inside: &str) -> Result<Option<String>, String> {
        let text = format!(
            "<s:Security xmlns:s=\"{NAMESPACE}\" xmlns:u=\"{UTILITY}\">{inside}</s:Security>"
        );
        let mut reader = Reader::new(&text, Limits::default());
        assert!(matches!(reader.step(), Ok(Event::Start(start)) if owns(&start)));
        security.read(&mut reader).map_err(|fault| match &fault {
            Fault::Security(code, error) => format!("{code}: {}", error.message()),
            other => other.reason(),
        })
    }

    fn token(password: &str, more: &str) -> String {
        format!("<s:UsernameToken><s:Username>ann</s:Username>{password}{more}</s:UsernameToken>")
    }

    #[test]
    fn passwords_become_credentials() {
        let text = token("<s:Password>pa ss</s:Password>", "");
        let expected = Some(format!("Basic {}", STANDARD.encode("ann:pa ss")));
        assert_eq!(read(&security(false), &text), Ok(expected.clone()));
        assert_eq!(read(&security(true), &text), Ok(expected));
        let wrong = token("<s:Password>pass</s:Password>", "");
        let told = Err("FailedAuthentication: the name or the password is wrong".to_owned());
        assert_eq!(read(&security(true), &wrong), told);
    }

    #[test]
    fn digests_are_checked_once() {
        let security = security(true);
        let created = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let digest = |nonce: &[u8], created: &str, password: &str| {
            let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
            [nonce, created.as_bytes(), password.as_bytes()]
                .iter()
                .for_each(|one| digest.update(one));
            STANDARD.encode(digest.finish())
        };
        let text = |password: &str, created: &str| {
            let digest = digest(b"once", created, password);
            let password =
                format!("<s:Password Type=\"urn:x#PasswordDigest\">{digest}</s:Password>");
            let nonce = STANDARD.encode(b"once");
            token(&password, &format!("<s:Nonce>{nonce}</s:Nonce><u:Created>{created}</u:Created>"))
        };
        let refused = |text: &str| read(&security, text).expect_err("refused");
        assert!(refused(&text("other", &created)).contains("is wrong"));
        assert!(read(&security, &text("pa ss", &created)).is_ok_and(|one| one.is_some()));
        assert!(refused(&text("pa ss", &created)).contains("used before"));
        assert!(refused(&text("pa ss", "2020-01-01T00:00:00Z")).contains("too old"));
    }

    #[test]
    fn tokens_timestamps_and_what_is_not_taken() {
        let security = security(false);
        let jwt = "aaa.bbb.ccc";
        for value in [jwt.to_owned(), STANDARD.encode(jwt)] {
            let text = format!(
                "<s:BinarySecurityToken ValueType=\"urn:ietf:params:oauth:token-type:jwt\">{value}</s:BinarySecurityToken>"
            );
            assert_eq!(read(&security, &text), Ok(Some(format!("Bearer {jwt}"))));
        }
        let stamp = |created: &str, expires: &str| {
            read(
                &security,
                &format!(
                    "<u:Timestamp><u:Created>{created}</u:Created><u:Expires>{expires}</u:Expires></u:Timestamp>"
                ),
            )
        };
        assert_eq!(stamp("2020-01-01T00:00:00Z", "9999-01-01T00:00:00Z"), Ok(None));
        assert!(stamp("2020-01-01T00:00:00Z", "2020-01-01T00:05:00Z").is_err());
        assert!(stamp("9999-01-01T00:00:00Z", "9999-01-01T00:05:00Z").is_err());
        for (text, code) in [
            (format!("<Signature xmlns=\"{SIGNATURE}\"/>"), "UnsupportedAlgorithm"),
            (format!("<EncryptedKey xmlns=\"{ENCRYPTION}\"/>"), "UnsupportedAlgorithm"),
            (
                "<Assertion xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>".into(),
                "UnsupportedSecurityToken",
            ),
            ("<other/>".into(), "UnsupportedSecurityToken"),
        ] {
            assert!(read(&security, &text).expect_err("refused").starts_with(code), "{text}");
        }
    }
}
