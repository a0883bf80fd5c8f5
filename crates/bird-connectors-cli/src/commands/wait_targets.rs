//! `connectors wait`: waits for the installs that ids or tokens identify.

mod rows;
mod search;
mod time_limit;

use std::collections::HashMap;

use bird_connectors::ConnectorId;
use bird_connectors::install::{Install, UnresolvedCreate};
use bird_connectors::resources::Connectors;
use bird_connectors::wait::WaitToken;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _, stream};

use crate::args::connectors::WaitArguments;
use crate::context::Context;
use crate::errors::CliError;
use crate::output::{Column, CommandOutput};

use super::install::{self, InstallSummary};
use super::wait;
use rows::Run;
use time_limit::TimeLimit;

const COLUMNS: &[Column] = &[
    Column::new("connector", "connector_id"),
    Column::new("ready", "ready"),
    Column::new("channel", "channel_id"),
    Column::new("status", "status"),
    Column::new("error", "error.message"),
];

pub(super) async fn run(
    context: &Context,
    arguments: WaitArguments,
) -> Result<CommandOutput, CliError> {
    let targets: Result<Vec<WaitTarget>, CliError> = arguments
        .targets
        .iter()
        .map(|target| WaitTarget::parse(target))
        .collect();
    let mut targets = targets?;
    let connectors = context.workspace()?.connectors();
    if targets.len() == 1
        && let Some(target) = targets.pop()
    {
        return wait_for_one(context, &connectors, &arguments, target).await;
    }
    wait_for_all(context, &connectors, &arguments, targets).await
}

async fn wait_for_one(
    context: &Context,
    connectors: &Connectors,
    arguments: &WaitArguments,
    target: WaitTarget,
) -> Result<CommandOutput, CliError> {
    let limit = TimeLimit::new(arguments.wait.timeout());
    let token = arguments.targets.first().cloned();
    context.interruption.reached(token, context.resume.same());
    let install = match target {
        WaitTarget::Connector(id) => {
            if let Some(error) = search::missing(connectors, id, limit).await {
                return Err(error);
            }
            connectors.follow(id)
        }
        WaitTarget::Install(token) => connectors.resume(token)?,
        WaitTarget::Unresolved(create) => {
            context.message(&format!("searching for {}", create.what()));
            let resume = context.resume.same();
            search::find(connectors, &create, limit, resume).await?
        }
    };
    let ready = wait::until_ready(context, &install, &arguments.wait, limit.remaining()).await?;
    let summary = InstallSummary::existing(&install).with_ready(&ready);
    Ok(CommandOutput::object(&summary, install::SUMMARY))
}

async fn wait_for_all(
    context: &Context,
    connectors: &Connectors,
    arguments: &WaitArguments,
    targets: Vec<WaitTarget>,
) -> Result<CommandOutput, CliError> {
    let limit = TimeLimit::new(arguments.wait.timeout());
    context.interruption.reached(None, context.resume.same());
    let (mut ids, mut creates) = (Vec::new(), Vec::new());
    let mut installs: HashMap<ConnectorId, Install> = HashMap::new();
    for target in targets {
        match target {
            WaitTarget::Connector(id) => ids.push(id),
            WaitTarget::Install(token) => {
                let install = connectors.resume(token)?;
                installs.insert(install.id(), install);
            }
            WaitTarget::Unresolved(create) => creates.push(create),
        }
    }
    ids.retain(|id| !installs.contains_key(id));
    ids.sort_unstable();
    ids.dedup();
    let missing = search::all_missing(connectors, &ids, limit).await;
    for id in ids {
        if !missing.iter().any(|(absent, _)| *absent == id) {
            installs.insert(id, connectors.follow(id));
        }
    }
    let searches = FuturesUnordered::new();
    for create in creates {
        context.message(&format!("searching for {}", create.what()));
        let connectors = connectors.clone();
        let token = create.to_string();
        let resume = context.resume.wait(&token, &arguments.wait);
        let search = async move { search::find(&connectors, &create, limit, resume).await };
        let found = search.map(|found| rows::Step::Searched(token, found.map(Box::new)));
        searches.push(found.boxed());
    }
    let run = Run::new(
        context, connectors, arguments, limit, installs, missing, searches,
    );
    Ok(CommandOutput::Rows {
        rows: stream::unfold(run, Run::next).boxed(),
        columns: COLUMNS,
    })
}

/// What `connectors wait` was given.
enum WaitTarget {
    Connector(ConnectorId),
    Install(WaitToken),
    Unresolved(Box<UnresolvedCreate>),
}

impl WaitTarget {
    fn parse(target: &str) -> Result<Self, CliError> {
        let id = target.parse::<ConnectorId>();
        let id = match id {
            Ok(id) => return Ok(Self::Connector(id)),
            Err(error) => error,
        };
        if let Ok(token) = target.parse() {
            return Ok(Self::Install(token));
        }
        if let Ok(create) = target.parse() {
            return Ok(Self::Unresolved(Box::new(create)));
        }
        let token = target.parse::<WaitToken>().err();
        Err(CliError::usage(match token {
            // What tokens start with: base64 of a JSON object.
            Some(token) if target.starts_with("eyJ") => token.to_string(),
            _ => {
                format!("{id}; `connectors wait` also takes the token that another command printed")
            }
        }))
    }
}
