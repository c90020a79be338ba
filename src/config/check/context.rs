//! What every check needs: places, paths, ranges, and where problems go.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::checked;
use crate::config::problem::{Problem, Problems};
use crate::config::source::{Place, Source, Span};
use crate::config::suggest;
use crate::config::written::{At, Identity, Map};

/// The state of a check.
pub struct Context<'a> {
    source: &'a Arc<Source>,
    folder: &'a Path,
    problems: Problems,
}

impl<'a> Context<'a> {
    pub fn new(source: &'a Arc<Source>, folder: &'a Path) -> Self {
        Self { source, folder, problems: Problems::default() }
    }

    pub fn into_problems(self) -> Problems {
        self.problems
    }

    pub fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// An error at a span; without one it is about the file as a whole.
    pub fn problem(&self, span: Option<Span>, message: impl Into<String>) -> Problem {
        match span {
            Some(span) => Problem::at(Place::new(self.source, span), message),
            None => Problem::new(format!("{}: {}", self.source.name, message.into())),
        }
    }

    pub fn error(&mut self, span: Option<Span>, message: impl Into<String>, hint: &str) {
        self.report(self.problem(span, message).with_hint(hint));
    }

    pub fn place(&self, span: Option<Span>) -> Place {
        Place::new(self.source, span.unwrap_or_default())
    }

    /// The value, which must lie between the two, both included.
    pub fn within<T>(&mut self, at: &At<T>, least: T, most: T) -> T
    where
        T: Copy + Default + PartialOrd + Display,
    {
        let Some(value) = at.get().copied() else { return T::default() };
        if !(least..=most).contains(&value) {
            self.report(self.problem(at.span(), format!("must be from {least} to {most}")));
        }
        value
    }

    /// A text, which must not be empty.
    pub fn text(&mut self, at: &At<String>, what: &str) -> String {
        let text = at.value();
        if at.get().is_some_and(|text| text.trim().is_empty()) {
            self.report(self.problem(at.span(), format!("{what} cannot be empty")));
        }
        text
    }

    /// A name that must be one of the keys of `known`.
    pub fn reference<T>(&mut self, at: &At<String>, what: &str, known: &At<Map<T>>) -> Arc<str> {
        if let (Some(name), Some(known)) = (at.get(), known.get())
            && !known.names().any(|one| one == name)
        {
            let mut problem = self.problem(at.span(), format!("no {what} named `{name}`"));
            problem.hint = suggest::hint(name, known.names());
            self.report(problem);
        }
        at.value().into()
    }

    /// Where relative paths start.
    pub fn folder(&self) -> &Path {
        self.folder
    }

    /// The path as seen from the config file.
    pub fn path(&self, written: &str) -> PathBuf {
        self.folder.join(written)
    }

    /// The path of a file, which must be there.
    pub fn file(&mut self, at: &At<String>) -> PathBuf {
        self.existing(at, "file", Path::is_file)
    }

    /// The path of a folder, which must be there.
    pub fn directory(&mut self, at: &At<String>) -> PathBuf {
        self.existing(at, "folder", Path::is_dir)
    }

    /// A certificate and its key, which must be there.
    pub fn identity(&mut self, at: &At<Identity>) -> Option<checked::Identity> {
        let identity = at.get()?;
        Some(checked::Identity {
            certificate: self.file(&identity.certificate),
            key: self.file(&identity.key),
        })
    }

    fn existing(&mut self, at: &At<String>, what: &str, is: fn(&Path) -> bool) -> PathBuf {
        let Some(written) = at.get() else { return PathBuf::new() };
        let path = self.path(written);
        if !is(&path) {
            let problem = self.problem(at.span(), format!("there is no {what} `{written}`"));
            self.report(if Path::new(written).is_absolute() {
                problem
            } else {
                problem.with_hint("paths are relative to the config file")
            });
        }
        path
    }
}
