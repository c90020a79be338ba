//! Runs the case files: one gateway and one backend a file, its cases one after the other.

use std::path::Path;

use futures_util::{StreamExt, stream};
use tokio::time::timeout;

use crate::backend::Backend;
use crate::case::{Case, File, Script};
use crate::client;
use crate::compare::{matches, replace};
use crate::gateway::{Gateway, LIMIT, Nobody};
use crate::pool::{self, find, root};

/// Gateways that run at once.
const AT_ONCE: usize = 4;

/// The config of files that give none.
const CONFIG: &str = r#"
contracts:
  - proto: { files: ["{{proto}}/shop/v1/*.proto"], include: ["{{proto}}"] }
  - proto:
      files: ["{{cases}}/cases/v1/*.proto"]
      include: ["{{proto}}", "{{cases}}"]
backends:
  scripted: { grpc: { endpoints: ["http://{{backend}}"] }, deadline: 10s }
services:
  "*": { backend: scripted }
listeners:
  public: { address: "127.0.0.1:0", rest: {} }
admin: { address: "127.0.0.1:0" }
process: { threads: 1 }
"#;

#[test]
fn cases_are_answered_as_written() {
    let mut files = Vec::new();
    find(&root().join("tests/cases"), "yaml", &mut files);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let runs = stream::iter(&files).map(|file| run(file)).buffer_unordered(AT_ONCE);
    let outcomes: Vec<Outcome> = runtime.block_on(runs.collect());

    let count: usize = outcomes.iter().map(|outcome| outcome.count).sum();
    let failed: usize = outcomes.iter().map(|outcome| outcome.failed).sum();
    let problems: Vec<_> = outcomes.into_iter().flat_map(|outcome| outcome.problems).collect();
    assert!(problems.is_empty(), "{failed} of {count} cases:\n\n{}", problems.join("\n\n"));
    // `CASE=name` runs some of them; a run of none at all is a mistake.
    assert!(count > 0 && (std::env::var_os("CASE").is_some() || count > 50), "found {count} cases");
}

#[test]
fn case_files_can_be_read() {
    let mut files = Vec::new();
    find(&root().join("tests/cases"), "yaml", &mut files);
    let mut count = 0;
    for file in &files {
        for case in parse(file).1.cases {
            case.backend.iter().for_each(check);
            count += 1;
        }
    }
    assert!(count > 50, "found {count} cases");
}

/// Fails where the messages of a script are none of the contract's.
fn check(script: &Script) {
    let (input, output) =
        pool::method(&script.method).unwrap_or_else(|| panic!("no method named {}", script.method));
    for json in script.request.iter().chain(script.requests.iter().flatten()) {
        pool::parse(input.clone(), json);
    }
    for json in script.reply.iter().chain(&script.replies) {
        pool::parse(output.clone(), json);
    }
}

struct Outcome {
    count: usize,
    failed: usize,
    problems: Vec<String>,
}

async fn run(path: &Path) -> Outcome {
    let (text, mut file) = parse(path);
    if let Ok(wanted) = std::env::var("CASE") {
        file.cases.retain(|case| case.name.contains(&wanted));
    }
    let mut outcome = Outcome { count: file.cases.len(), failed: 0, problems: Vec::new() };
    if file.cases.is_empty() {
        return outcome;
    }
    let backend = Backend::start().await;
    let nobody = Nobody::bind();
    let root = root();
    let config = file
        .config
        .as_deref()
        .unwrap_or(CONFIG)
        .replace("{{proto}}", root.join("proto").to_str().unwrap())
        .replace("{{cases}}", root.join("tests/proto").to_str().unwrap())
        .replace("{{backend}}", &backend.address.to_string())
        .replace("{{nobody}}", &nobody.address.to_string());
    let gateway = Gateway::serve(&config).await;

    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut updated = text;
    for case in &file.cases {
        let (answer, mut problems) = match timeout(LIMIT, play(case, &gateway, &backend)).await {
            Ok(played) => played,
            Err(_) => (None, vec!["it takes too long".to_owned()]),
        };
        if let Some(answer) = answer
            && !matches(&case.expect, &answer)
        {
            if update && problems.is_empty() {
                updated = replace(&updated, &case.name, &answer);
            } else {
                problems.push(format!(
                    "expected\n{}got\n{}",
                    indent(&case.expect),
                    indent(&answer)
                ));
            }
        }
        if !problems.is_empty() {
            outcome.failed += 1;
            let file = path.file_name().unwrap_or_default().display();
            outcome.problems.push(format!("{file}: {}: {}", case.name, problems.join("\n  ")));
        }
    }
    if update {
        std::fs::write(path, updated).unwrap();
    }
    if !outcome.problems.is_empty() {
        let log = gateway.log();
        let tail: Vec<_> = log.lines().rev().take(20).collect();
        let tail: Vec<_> = tail.into_iter().rev().collect();
        outcome.problems.push(format!(
            "{}: the end of the log:\n{}",
            path.display(),
            tail.join("\n")
        ));
    }
    outcome
}

/// The answer, where there is one, and what went wrong.
async fn play(case: &Case, gateway: &Gateway, backend: &Backend) -> (Option<String>, Vec<String>) {
    backend.stage.open(&case.backend);
    let address = gateway.address(&case.request.listener).await;
    let answer = client::send(address, &case.request, |bytes| backend.stage.saw(bytes)).await;
    let mut problems = backend.stage.close().await;
    match answer {
        Ok(answer) => (Some(answer.print(&case.show)), problems),
        Err(problem) => {
            problems.push(format!("no answer: {problem}"));
            (None, problems)
        }
    }
}

fn parse(path: &Path) -> (String, File) {
    let text = std::fs::read_to_string(path).unwrap();
    let file: File =
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!file.cases.is_empty(), "no cases in {}", path.display());
    let mut names: Vec<_> = file.cases.iter().map(|case| &case.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), file.cases.len(), "a name stands twice in {}", path.display());
    (text, file)
}

fn indent(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("    {line}\n")).collect()
}
