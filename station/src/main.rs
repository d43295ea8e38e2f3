//! packseal-station: records every parcel at a packing bench and seals the footage while it is written.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;
use station::{
    cmd,
    say::{Lang, Trouble},
};

use cli::{Cli, Command, ConfigCommand, RootCommand, UserCommand};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let lang = cli.lang.unwrap_or_else(Lang::of_environment);
    match run(&cli.command, lang) {
        Ok(status) => status,
        Err(trouble) => {
            eprintln!("packseal-station: {}", trouble.line(lang));
            ExitCode::from(2)
        }
    }
}

fn run(command: &Command, lang: Lang) -> Result<ExitCode, Trouble> {
    let status = match command {
        Command::Init { place, station, if_new } => cmd::init::run(&place.place(), station.as_deref(), *if_new, lang)?,
        Command::Run { place, fast, log } => cmd::run::run(&place.place(), *fast, log, lang, &|_| Ok(()))?,
        Command::Config { command: ConfigCommand::Check { place } } => cmd::config::check(&place.place(), lang)?,
        Command::Key { place } => cmd::key::run(&place.place())?,
        Command::Record { place, order, source, seconds, fast, no_overlay } => {
            let recording =
                cmd::record::Recording { order, source, seconds: *seconds, fast: *fast, overlay: !no_overlay };
            cmd::record::run(&place.place(), &recording, lang)?
        }
        Command::Demo { data, serve } => cmd::demo::run(data.as_deref(), *serve, lang)?,
        Command::List { place, order, json } => cmd::list::run(&place.place(), order.as_deref(), *json)?,
        Command::Hold { place, order, reason } => cmd::hold::hold(&place.place(), order, reason, lang)?,
        Command::Release { place, order, reason } => cmd::hold::release(&place.place(), order, reason, lang)?,
        Command::Check { place } => cmd::check::run(&place.place(), lang)?,
        Command::Status { place, json } => cmd::status::run(&place.place(), *json, lang)?,
        Command::Doctor { place, json } => cmd::doctor::run(&place.place(), *json, lang)?,
        Command::Root { command } => root(command, lang)?,
        Command::Enrol { place, note, root } => cmd::enrol::run(&place.place(), note, root.as_deref(), lang)?,
        Command::RenewKey { place } => cmd::renew_key::run(&place.place(), lang)?,
        Command::SealProof { place, clip } => cmd::seal_proof::run(&place.place(), clip, lang)?,
        Command::Prove { place, order, output, audit, since } => {
            cmd::prove::run(&place.place(), order, output, audit.then_some(*since), lang)?
        }
        Command::Export { place, order, preset, output, clip, from, by, received_file, received } => {
            let (clip, by, received) = (clip.as_deref(), by.as_deref(), received.as_deref());
            let asked = cmd::export::Asked {
                order,
                preset,
                output,
                clip,
                from: *from,
                by,
                received_files: received_file,
                received,
            };
            cmd::export::run(&place.place(), &asked, lang)?
        }
        Command::User { command } => user(command, lang)?,
        Command::Codes { place, output, operator } => cmd::codes::run(&place.place(), output, operator, lang)?,
        Command::Capture => return Ok(station::capture::main()),
        Command::Derive => return Ok(station::derive::main()),
    };
    Ok(status.into())
}

fn user(command: &UserCommand, lang: Lang) -> Result<cmd::Status, Trouble> {
    match command {
        UserCommand::Add { place, name, role } => cmd::user::add(&place.place(), name, *role, lang),
        UserCommand::Password { place, name } => cmd::user::set_password(&place.place(), name, lang),
        UserCommand::Remove { place, name } => cmd::user::remove(&place.place(), name, lang),
        UserCommand::List { place } => cmd::user::list(&place.place()),
    }
}

fn root(command: &RootCommand, lang: Lang) -> Result<cmd::Status, Trouble> {
    match command {
        RootCommand::New { name, output } => cmd::root::new(name, output, lang),
        RootCommand::Enrol { root, not_before, not_after, sources, certificate } => {
            let terms = station::root::Terms {
                not_before: not_before.unwrap_or_else(station::clock::wall),
                not_after: *not_after,
                sources: sources.clone(),
                certificate: certificate.as_deref().map(station::root::certificate).transpose()?,
            };
            cmd::root::enrol(&root.key, &root.station, terms, &root.output, lang)
        }
        RootCommand::Revoke { root, time, reason } => {
            let when = (time.unwrap_or_else(station::clock::wall), *reason);
            cmd::root::revoke(&root.key, &root.station, when, &root.output, lang)
        }
    }
}
