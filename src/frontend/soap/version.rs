//! The two versions of SOAP, and how a request says which one it is.

use http::header::HeaderMap;
use http::{HeaderName, HeaderValue};

static SOAP_ACTION: HeaderName = HeaderName::from_static("soapaction");

/// A version of SOAP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// SOAP 1.1 (W3C note of 8 May 2000).
    V11,
    /// SOAP 1.2 (second edition).
    V12,
}

impl Version {
    /// The version of an envelope's namespace.
    pub fn of(namespace: &str) -> Option<Self> {
        [Self::V11, Self::V12].into_iter().find(|version| version.namespace() == namespace)
    }

    /// The namespace of its envelope.
    pub fn namespace(self) -> &'static str {
        match self {
            Self::V11 => "http://schemas.xmlsoap.org/soap/envelope/",
            Self::V12 => "http://www.w3.org/2003/05/soap-envelope",
        }
    }

    /// The content type of its messages.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::V11 => "text/xml",
            Self::V12 => "application/soap+xml",
        }
    }

    /// Whether a header block for that role or actor is for the last receiver, which the gateway is.
    pub fn is_for_us(self, role: &str) -> bool {
        match self {
            Self::V11 => role.is_empty() || role == "http://schemas.xmlsoap.org/soap/actor/next",
            Self::V12 => {
                role.is_empty()
                    || role == "http://www.w3.org/2003/05/soap-envelope/role/next"
                    || role == "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver"
            }
        }
    }
}

/// What the content type of a request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    /// `None` for the parts of MTOM.
    version: Option<Version>,
    /// Its parameters, names in lower case.
    parameters: Vec<(String, String)>,
}

impl Form {
    /// Reads a content type; `None` where it is none that SOAP has.
    pub fn of(content_type: Option<&HeaderValue>) -> Option<Self> {
        let text = content_type?.to_str().ok()?;
        let (essence, rest) = text.split_once(';').unwrap_or((text, ""));
        let version = match essence.trim().to_ascii_lowercase().as_str() {
            "text/xml" => Some(Version::V11),
            "application/soap+xml" => Some(Version::V12),
            "multipart/related" => None,
            _ => return None,
        };
        Some(Self { version, parameters: parameters(rest) })
    }

    /// The version it is of, as far as it says; of MTOM the one that `start-info` says.
    pub fn version(&self) -> Version {
        let of_start = || match self.parameter("start-info") {
            Some(info) if info.starts_with("application/soap+xml") => Version::V12,
            _ => Version::V11,
        };
        self.version.unwrap_or_else(of_start)
    }

    /// Whether it is a package of parts.
    pub fn is_multipart(&self) -> bool {
        self.version.is_none()
    }

    /// A parameter's value.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Parameters of a media type: tokens and quoted strings (RFC 9110, section 5.6.6).
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    let mut rest = text;
    while let Some((name, behind)) = rest.split_once('=') {
        let name = name.trim_matches([' ', ';', '\t']).to_ascii_lowercase();
        let behind = behind.trim_start();
        let (value, behind) = match behind.strip_prefix('"') {
            None => behind.split_once(';').unwrap_or((behind, "")),
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        };
        parameters.push((name, value.trim().to_owned()));
        rest = behind;
    }
    parameters
}

/// What the transport says of the operation: `SOAPAction`, or SOAP 1.2's parameter. Without quotes;
/// `None` where it says nothing.
pub(super) fn action(form: &Form, headers: &HeaderMap) -> Option<String> {
    let header = headers.get(&SOAP_ACTION).and_then(|value| value.to_str().ok());
    let action = form.parameter("action").or(header)?.trim().trim_matches('"');
    (!action.is_empty()).then(|| action.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_and_their_parameters_are_read() {
        let of = |text: &'static str| Form::of(Some(&HeaderValue::from_static(text)));
        assert_eq!(of("text/xml; charset=utf-8").map(|form| form.version()), Some(Version::V11));
        let form = of("Application/SOAP+XML;charset=\"UTF-8\" ; action=\"urn:a;b\"").expect("1.2");
        assert_eq!(form.version(), Version::V12);
        assert_eq!(
            (form.parameter("charset"), form.parameter("action")),
            (Some("UTF-8"), Some("urn:a;b"))
        );
        let form = of(
            "multipart/related; type=\"application/xop+xml\"; boundary=x; start-info=\"application/soap+xml\"",
        );
        assert!(form.is_some_and(|form| form.is_multipart() && form.version() == Version::V12));
        for other in ["application/json", "", "text/html", "application/xml"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn actions_are_found_where_each_version_has_them() {
        let mut headers = HeaderMap::new();
        let form = |text| Form::of(Some(&HeaderValue::from_static(text))).expect("SOAP");
        assert_eq!(action(&form("text/xml"), &headers), None);
        headers.insert("soapaction", HeaderValue::from_static("\"\""));
        assert_eq!(action(&form("text/xml"), &headers), None);
        headers.insert("soapaction", HeaderValue::from_static("\"urn:a\""));
        assert_eq!(action(&form("text/xml"), &headers).as_deref(), Some("urn:a"));
        let form = form("application/soap+xml; action=\"urn:b\"");
        assert_eq!(action(&form, &headers).as_deref(), Some("urn:b"));
    }
}
