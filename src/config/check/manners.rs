//! Checks `listeners.NAME.cors` and `listeners.NAME.compression`.

use super::context::Context;
use crate::config::checked::{self, Origins};
use crate::config::origin::OriginPattern;
use crate::config::written::{self, At, Coding, CompressionLevel, Duration, Size};

const DAY: Duration = Duration::seconds(24 * 60 * 60);

pub fn cors(context: &mut Context<'_>, cors: &written::Cors) -> checked::Cors {
    let credentials = cors.credentials.value();
    let origins = origins(context, &cors.origins);
    if credentials && origins == Origins::Any {
        context.error(
            cors.credentials.span().or(cors.origins.span()),
            "credentials cannot be had with the origin `*`: any page could act as its visitors",
            "list the origins, or leave `credentials` out",
        );
    }
    let is_method = |text: &str| http::Method::from_bytes(text.as_bytes()).is_ok();
    let is_header = |text: &str| http::HeaderName::from_bytes(text.as_bytes()).is_ok();
    let mut list = |written: &Option<At<Vec<At<String>>>>, what, legal: &dyn Fn(&str) -> bool| {
        let names = written.as_ref()?.get()?;
        for at in names {
            match at.get() {
                Some(name) if name == "*" => context.error(
                    at.span(),
                    format!("`*` is no {what}"),
                    "leave the list out to allow whatever is asked for",
                ),
                Some(name) if !legal(name) => {
                    context.error(at.span(), format!("`{name}` is no {what}"), "write its name");
                }
                _ => {}
            }
        }
        Some(names.iter().filter_map(|at| at.get().cloned()).collect())
    };
    checked::Cors {
        origins,
        methods: list(&cors.methods, "method", &is_method),
        headers: list(&cors.headers, "header", &is_header),
        exposed_headers: list(&cors.exposed_headers, "header", &is_header),
        credentials,
        max_age: context.within(&cors.max_age, Duration::default(), DAY).0,
        private_network: cors.private_network.value(),
    }
}

fn origins(context: &mut Context<'_>, written: &At<Vec<At<String>>>) -> Origins {
    let Some(list) = written.get() else { return Origins::Listed(Vec::new()) };
    if list.is_empty() {
        context.error(
            written.span(),
            "no origin may call here, which is what leaving `cors` out means",
            "write `origins: [\"https://app.example.com\"]`",
        );
    }
    let mut patterns = Vec::with_capacity(list.len());
    for at in list {
        let Some(text) = at.get() else { continue };
        if text == "*" {
            if list.len() > 1 {
                let message = "`*` allows every origin, so the others say nothing";
                context.error(at.span(), message, "leave it or them out");
            }
            return Origins::Any;
        }
        match OriginPattern::parse(text) {
            Ok(pattern) => {
                if pattern.is_wide() {
                    let problem = context
                        .problem(at.span(), format!("`{text}` admits everybody with such a domain"))
                        .with_hint("name the domain that is yours, `https://*.example.com`");
                    context.report(problem.warning());
                }
                patterns.push(pattern);
            }
            Err(message) => context.error(
                at.span(),
                format!("no valid origin: {message}"),
                "write it like `https://app.example.com`, `https://*.example.com` or `*`",
            ),
        }
    }
    Origins::Listed(patterns)
}

pub fn compression(
    context: &mut Context<'_>,
    compression: &written::ResponseCompression,
) -> checked::ResponseCompression {
    let written = compression.codings.get().map(Vec::as_slice).unwrap_or_default();
    let mut codings = Vec::with_capacity(written.len());
    for at in written {
        let Some(coding) = at.get() else { continue };
        let coding = match coding {
            Coding::Gzip => checked::Coding::Gzip,
            Coding::Br => checked::Coding::Br,
            Coding::Zstd => checked::Coding::Zstd,
        };
        if codings.contains(&coding) {
            context.error(at.span(), "this coding is listed already", "leave it out");
        }
        codings.push(coding);
    }
    if written.is_empty() && compression.codings.get().is_some() {
        context.error(
            compression.codings.span(),
            "there is no coding to compress by",
            "leave `compression` out to turn it off",
        );
    }
    checked::ResponseCompression {
        codings,
        min_size: context.within(&compression.min_size, Size(0), Size::mib(1024)).0,
        level: match compression.level.value() {
            CompressionLevel::Fast => checked::CompressionLevel::Fast,
            CompressionLevel::Balanced => checked::CompressionLevel::Balanced,
            CompressionLevel::Small => checked::CompressionLevel::Small,
        },
    }
}
