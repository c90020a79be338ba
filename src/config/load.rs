//! From a file, a text or a backend's URL to a config that runs.

use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::{check, check_wsdl};
use super::checked;
use super::mask;
use super::problem::{Problem, Problems};
use super::source::Source;
use super::written;
use super::yaml::environment::Lookup;
use super::yaml::{decode, environment, tree};
use crate::contract::wsdl::read::ReadFile;

/// A larger file is not a config.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// Reads the config file at `path`, with variables from the process's environment.
pub fn load(path: &Path) -> Result<checked::Config, Problems> {
    let name = path.display().to_string();
    let text = read(path).map_err(|error| {
        Problems::from(Problem::new(format!("cannot read config file `{name}`: {error}")))
    })?;
    parse(&name, text, &folder(path), &variable)
}

/// Where the file's relative paths start. Absolute, because globs lose a leading `./`, and what
/// they find would lie in no folder that is written with one.
fn folder(path: &Path) -> PathBuf {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}

/// The config for a lone gRPC backend at `url`, whose contract is learned by reflection, and the
/// file that it stands for.
pub fn from_grpc(
    url: &str,
    address: SocketAddr,
    admin: SocketAddr,
) -> Result<(checked::Config, String), Problems> {
    let endpoint: written::Endpoint = url.parse().map_err(|said: String| {
        let (message, hint) = said.split_once('\n').unwrap_or((&said, ""));
        Problem::new(format!("--grpc: {message}")).with_hint(hint)
    })?;
    let allow_remote = if admin.ip().is_loopback() { "" } else { "\n  allow_remote: true" };
    let text = format!(
        "\
# One gRPC backend; what it offers is learned from its server reflection.
contracts:
  - reflection: backend
backends:
  backend:
    grpc:
      endpoints: [\"{endpoint}\"]
listeners:
  public:
    address: \"{address}\"
    rest: {{}}
    graphql: {{}}
    grpc: {{}}
    soap: {{ streams: 1000 }}
admin:
  address: \"{admin}\"{allow_remote}
"
    );
    let config = parse("--grpc", text.clone(), Path::new("."), &|_| None)?;
    Ok((config, text))
}

/// Reads a config from its text. `name` is what problems call it, `folder` where relative paths
/// start, `lookup` what gives the variables.
pub fn parse(
    name: &str,
    text: String,
    folder: &Path,
    lookup: Lookup<'_>,
) -> Result<checked::Config, Problems> {
    let (source, mut root) = tree(name, text)?;
    let masked = mask::mask(&source.text, &mask::secrets(&source.text, Some(&root)));
    let mut problems = Problems::default();
    if root.value == tree::Value::Null {
        root.value = tree::Value::Map(Vec::new());
    }
    tree::duplicates(&mut root, &source, &mut problems);
    environment::substitute(&mut root, &source, lookup, &mut problems);
    let written: Option<written::Config> = decode::decode(&root, &source, &mut problems);
    let config = written.map(|written| check(&written, &source, folder, &mut problems));
    problems.sort();
    match config {
        Some(config) if !problems.has_errors() => {
            Ok(checked::Config { masked, warnings: problems, ..config })
        }
        _ => Err(problems),
    }
}

/// An entry of `soap: { wsdl: [...] }`, whose files `read_file` brings: what is part of the binary
/// lies nowhere.
pub fn wsdl(name: &str, text: String, read_file: ReadFile<'_>) -> Result<checked::Wsdl, Problems> {
    let (source, root) = tree(name, text)?;
    let mut problems = Problems::default();
    let written: Option<written::Wsdl> = decode::decode(&root, &source, &mut problems);
    let checked =
        written.and_then(|written| check_wsdl(&written, &source, read_file, &mut problems));
    match checked {
        Some(checked) if !problems.has_errors() => Ok(checked),
        _ => Err(problems),
    }
}

/// The text's tree, and the text with its secrets covered, so that problems do not show them.
fn tree(name: &str, text: String) -> Result<(Arc<Source>, tree::Node), Problem> {
    let shown = mask::cover(&text, &mask::secrets(&text, None));
    let source = Source { name: name.to_owned(), text, shown };
    let source = Arc::new(source);
    let root = tree::parse(&source)?;
    let shown = mask::cover(&source.text, &mask::secrets(&source.text, Some(&root)));
    let source = Source { name: name.to_owned(), text: source.text.clone(), shown };
    Ok((Arc::new(source), root))
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LARGEST_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST_FILE {
        return Err(io::Error::other(format!("it is larger than {LARGEST_FILE} bytes")));
    }
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// A variable of the process. What is not UTF-8 counts as not set.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
