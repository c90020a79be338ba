//! The command line: its words and its help.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::config::checked;
use crate::config::overrides::Overrides;
use crate::config::written::Address;

/// Where `serve --grpc` and `demo` listen when nothing else is said.
pub const ADDRESS: &str = "127.0.0.1:8000";
/// Where their admin listener listens.
pub const ADMIN: &str = "127.0.0.1:9000";

const ABOUT: &str = "\
A gateway that translates: clients speak REST, services speak gRPC, and neither changes a line.

What services offer (the contract) comes from .proto files, descriptor sets, or the running service
itself by server reflection.";

const EXAMPLES: &str = "\
Try it:
  dragoman demo                                     a shop with realistic data behind a gateway
  curl -s localhost:8000/v1/products                in another terminal

With a gRPC service of your own that has server reflection:
  dragoman serve --grpc http://localhost:50051      no config file at all
  dragoman serve --grpc http://localhost:50051 --print-config > dragoman.yaml
  dragoman check dragoman.yaml --connect            every problem at once; backends, too
  dragoman operations dragoman.yaml                 what can be called, and where
  dragoman serve dragoman.yaml

Exit codes:
  0  done; for `serve` and `demo`: stopped by SIGTERM or SIGINT, and drained
  1  it failed: an address is taken, a file cannot be written, a backend does not answer
  2  the command line is wrong
  3  the config or a contract has problems; each is told with its place";

/// `dragoman`
#[derive(Debug, Parser)]
#[command(
    name = "dragoman",
    version,
    about = "A protocol-translating API gateway",
    long_about = ABOUT,
    after_help = EXAMPLES,
    max_term_width = 110,
    arg_required_else_help = true,
    propagate_version = true
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub log: Log,
}

/// How to log.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct Log {
    /// What is logged: a level, or directives such as `info,dragoman=debug` [default: the
    /// config's, else `info`]
    #[arg(long = "log", global = true, value_name = "FILTER", value_parser = log_filter)]
    pub filter: Option<String>,
    /// The form of log lines [default: the config's, else `auto`]
    #[arg(long = "log-format", global = true, value_name = "FORMAT")]
    pub format: Option<LogFormat>,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people on a terminal, JSON otherwise
    Auto,
    /// Always for people
    Human,
    /// Always one JSON object a line
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the gateway
    Serve(Serve),
    /// Tell every problem of a config at once
    Check(Check),
    /// List what can be called: operation, streaming, REST binding, backend
    Operations(Operations),
    /// Write what the gateway knows in a form that other tools read
    #[command(subcommand)]
    Export(Export),
    /// Print the JSON Schema of the config file, for editors
    Schema(Schema),
    /// Run a sample shop behind a gateway, all in this process
    Demo(Demo),
    /// Run the sample shop alone, as a gRPC backend
    #[command(hide = true)]
    Shop(Shop),
}

/// `dragoman serve`
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  dragoman serve dragoman.yaml
  dragoman serve --grpc http://localhost:50051
  dragoman serve --grpc https://shop.internal --address 0.0.0.0:80

On SIGTERM or SIGINT no new connections are accepted, and calls in flight may finish within
`process.drain` (30s by default).")]
pub struct Serve {
    /// The config file
    #[arg(required_unless_present = "grpc", conflicts_with = "grpc")]
    pub config: Option<PathBuf>,
    /// Instead of a config file: a gRPC backend with server reflection; everything it has is
    /// served in every protocol there is
    #[arg(long, value_name = "URL")]
    pub grpc: Option<String>,
    /// Where to listen, in place of the config's only listener [with --grpc: 127.0.0.1:8000]
    #[arg(long, value_parser = address)]
    pub address: Option<SocketAddr>,
    /// Where the admin listener listens, in place of the config's [with --grpc: 127.0.0.1:9000]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub admin: Option<SocketAddr>,
    /// Print the config, secrets masked, and exit; with --grpc the config that it stands for
    #[arg(long)]
    pub print_config: bool,
}

/// `dragoman check`
#[derive(Debug, ClapArgs)]
pub struct Check {
    /// The config file
    pub config: PathBuf,
    /// Also ask the backends whether they answer, and for their contracts
    #[arg(long)]
    pub connect: bool,
}

/// `dragoman operations`
#[derive(Debug, ClapArgs)]
pub struct Operations {
    /// The config file
    pub config: PathBuf,
}

/// `dragoman export`
#[derive(Debug, Subcommand)]
pub enum Export {
    /// The merged contracts as a binary `google.protobuf.FileDescriptorSet`
    Descriptors(ExportDescriptors),
    /// The OpenAPI 3.1 document of a listener, as JSON
    Openapi(ExportOpenapi),
    /// The GraphQL schema of a listener, as SDL
    Graphql(ExportGraphql),
    /// The WSDL of a service, with its schemas in it
    Wsdl(ExportWsdl),
}

/// `dragoman export descriptors`
#[derive(Debug, ClapArgs)]
pub struct ExportDescriptors {
    /// The config file
    pub config: PathBuf,
    /// The file to write [default: standard output, if that is not a terminal]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `dragoman export openapi`
#[derive(Debug, ClapArgs)]
pub struct ExportOpenapi {
    /// The config file
    pub config: PathBuf,
    /// The listener to describe [default: the only one that speaks REST]
    #[arg(long, value_name = "NAME")]
    pub listener: Option<String>,
    /// The file to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `dragoman export graphql`
#[derive(Debug, ClapArgs)]
pub struct ExportGraphql {
    /// The config file
    pub config: PathBuf,
    /// The listener whose schema it is [default: the only one that speaks GraphQL]
    #[arg(long, value_name = "NAME")]
    pub listener: Option<String>,
    /// The file to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `dragoman export wsdl`
#[derive(Debug, ClapArgs)]
pub struct ExportWsdl {
    /// The config file
    pub config: PathBuf,
    /// The service: `shop.v1.ProductService` [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// The listener whose service it is [default: the only one that speaks SOAP]
    #[arg(long, value_name = "NAME")]
    pub listener: Option<String>,
    /// The file to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `dragoman schema`
#[derive(Debug, ClapArgs)]
pub struct Schema {
    /// Print the config reference as Markdown instead
    #[arg(long)]
    pub markdown: bool,
}

/// `dragoman demo`
#[derive(Debug, ClapArgs)]
pub struct Demo {
    /// Where the gateway listens
    #[arg(long, default_value = ADDRESS, value_parser = address)]
    pub address: SocketAddr,
    /// Where its admin listener listens
    #[arg(long, value_name = "ADDRESS", default_value = ADMIN, value_parser = address)]
    pub admin: SocketAddr,
}

/// `dragoman shop`
#[derive(Debug, ClapArgs)]
pub struct Shop {
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:50051", value_parser = address)]
    pub address: SocketAddr,
}

impl Log {
    /// What these options change in a config.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            log: self.filter.clone(),
            log_format: self.format.map(LogFormat::checked),
            ..Overrides::default()
        }
    }
}

impl LogFormat {
    /// The same as config.
    pub fn checked(self) -> checked::LogFormat {
        match self {
            Self::Auto => checked::LogFormat::Auto,
            Self::Human => checked::LogFormat::Human,
            Self::Json => checked::LogFormat::Json,
        }
    }
}

impl Serve {
    /// What `--address`, `--admin` and the log options change in a config.
    pub fn overrides(&self, log: &Log) -> Overrides {
        Overrides { address: self.address, admin: self.admin, ..log.overrides() }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse::<Address>().map(|address| address.0).map_err(|said| said.replace('\n', ": "))
}

fn log_filter(text: &str) -> Result<String, String> {
    match tracing_subscriber::EnvFilter::builder().parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn definitions_hold_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn help_teaches() {
        let mut command = Args::command().term_width(100);
        command.build();
        insta::assert_snapshot!("help", command.render_long_help().to_string());
        let serve = command.find_subcommand_mut("serve").unwrap();
        insta::assert_snapshot!("help_serve", serve.render_long_help().to_string());
    }

    #[test]
    fn serve_takes_a_config_or_a_url() {
        assert!(parse("dragoman serve dragoman.yaml").is_ok());
        let args =
            parse("dragoman serve --grpc http://x:1 --address [::1]:80 --log debug").unwrap();
        let Command::Serve(serve) = args.command else { panic!("{:?}", args.command) };
        let overrides = serve.overrides(&args.log);
        assert_eq!(overrides.address, Some("[::1]:80".parse().unwrap()));
        assert_eq!(overrides.log.as_deref(), Some("debug"));
        let kind = |line| parse(line).unwrap_err().kind();
        assert_eq!(kind("dragoman serve"), ErrorKind::MissingRequiredArgument);
        assert_eq!(kind("dragoman serve a.yaml --grpc http://x:1"), ErrorKind::ArgumentConflict);
    }

    #[test]
    fn bad_address_says_what_to_write() {
        let said = parse("dragoman demo --address localhost:80").unwrap_err().to_string();
        assert!(said.contains("127.0.0.1:80"), "{said}");
        assert!(parse("dragoman demo --log dragoman=loud").is_err());
    }

    #[test]
    fn wrong_usage_exits_with_two() {
        assert_eq!(parse("dragoman serve").unwrap_err().exit_code(), 2);
    }
}
