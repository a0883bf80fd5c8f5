//! One worker: calls at random around the connectors it has made, and a memory of what the answers must be. Nobody else
//! touches what is its own, so every answer can be checked.

use std::collections::BTreeMap;

use bird_connectors::models::{Channel, Connector};
use bird_connectors::templates::Custom;
use bird_connectors::{Client, Error, Workspace};
use bird_connectors_drills::impact::{Failure, Impact};
use bird_connectors_drills::scene::Place;
use bird_connectors_sandbox::Operation;
use serde_json::json;

use crate::fate;
use crate::tally::Tally;

/// So many connectors a worker keeps at most.
const MOST: usize = 4;

pub(crate) struct Worker<'a> {
    workspace: Workspace,
    place: Place,
    /// The template of all its connectors, by which it finds them in the list.
    template: String,
    number: usize,
    random: fastrand::Rng,
    made: u64,
    /// What it has made and not deleted, in order.
    mine: Vec<Mine>,
    tally: &'a Tally,
}

struct Mine {
    connector: Connector,
    /// As last set; `None` where the outcome of setting it is not known.
    conversational: Option<bool>,
}

type Judged = Result<(), String>;

impl<'a> Worker<'a> {
    pub(crate) fn new(
        number: usize,
        seed: u64,
        client: &Client,
        place: Place,
        tally: &'a Tally,
    ) -> Result<Self, Error> {
        Ok(Self {
            workspace: client.workspace(place.workspace)?,
            place,
            template: format!("soak-{number}:1"),
            number,
            random: fastrand::Rng::with_seed(seed ^ number as u64),
            made: 0,
            mine: Vec::new(),
            tally,
        })
    }

    /// Calls until enough calls are made by all workers together.
    pub(crate) async fn run(mut self) {
        while self.tally.is_wanted() {
            let judged = match self.random.u32(0..100) {
                0..=9 => self.create().await,
                10..=19 => self.delete().await,
                20..=39 => self.get().await,
                40..=49 => self.readiness().await,
                50..=64 => self.channel().await,
                65..=69 => self.conversational().await,
                70..=74 => self.set_conversational().await,
                75..=79 => self.send().await,
                80..=89 => self.list().await,
                90..=94 => self.list_channels().await,
                95..=96 => self.subscription().await,
                _ => self.numbers().await,
            };
            if let Err(wrong) = judged {
                self.tally.wrong(format!("worker {}: {wrong}", self.number));
            }
        }
    }

    /// Counts a call; an error that no fault explains is wrong. Gives the value of a success.
    fn take<T>(
        &self,
        operation: Operation,
        name: &str,
        result: Result<T, Error>,
    ) -> Result<Result<T, Error>, String> {
        self.tally.count(operation, result.as_ref().map(drop));
        let Err(error) = &result else {
            return Ok(result);
        };
        let faults = fate::faults();
        let fault = fate::of(operation, name).and_then(|number| faults.get(number));
        let explained = fault.and_then(|fault| Impact::of(fault).failure(operation));
        let got = explained.map(|failure| Failure {
            kind: error.kind(),
            outcome: error.outcome(),
            status: failure.status.and(error.status()),
        });
        match fault {
            Some(_) if got == explained && got.is_some() => Ok(result),
            Some(fault) => Err(format!(
                "{operation} {name} meets {fault} and fails with {error}"
            )),
            None => Err(format!(
                "{operation} {name} meets no fault and fails with {error}"
            )),
        }
    }

    /// One of its connectors, by its place.
    fn any(&mut self) -> Option<usize> {
        (!self.mine.is_empty()).then(|| self.random.usize(..self.mine.len()))
    }

    async fn create(&mut self) -> Judged {
        if self.mine.len() >= MOST {
            return self.delete().await;
        }
        self.made += 1;
        let name = format!("soak {} {}", self.number, self.made);
        let template = Custom::new(&self.template, &name).argument("round", self.made);
        let result = self.workspace.connectors().install(template).await;
        let result = result.map(|install| install.connector().cloned());
        match self.take(Operation::CreateConnector, &name, result)? {
            Ok(Some(connector)) => {
                let round = connector
                    .arguments
                    .as_ref()
                    .and_then(|arguments| arguments.get("round"));
                let is_right = connector.name == name
                    && connector.connector_template_ref.as_deref() == Some(&self.template)
                    && round == Some(&json!(self.made));
                let judged = right(is_right, || format!("{name} was answered by {connector:?}"));
                self.mine.push(Mine {
                    connector,
                    conversational: Some(false),
                });
                judged
            }
            Ok(None) => Err(format!("the install of {name} has no connector")),
            Err(_) => self.reconcile(&name).await,
        }
    }

    /// After an error: the connector is there once or not at all.
    async fn reconcile(&mut self, name: &str) -> Judged {
        let found = loop {
            if let Ok(found) = self.listed().await? {
                break found;
            }
        };
        let known = found.len() - self.mine.len().min(found.len());
        match found.into_iter().find(|connector| connector.name == name) {
            Some(connector) if known == 1 => {
                self.mine.push(Mine {
                    connector,
                    conversational: Some(false),
                });
                Ok(())
            }
            None if known == 0 => Ok(()),
            _ => Err(format!("{known} connectors more after the error of {name}")),
        }
    }

    async fn delete(&mut self) -> Judged {
        let Some(at) = self.any() else { return Ok(()) };
        let id = self.mine[at].connector.id;
        let name = id.to_string();
        for _ in 0..20 {
            let result = self.workspace.connectors().delete(id).missing_ok().await;
            if self
                .take(Operation::DeleteConnector, &name, result)?
                .is_ok()
            {
                self.mine.remove(at);
                let gone = self.workspace.connectors().get(id).await;
                self.tally
                    .count(Operation::GetConnector, gone.as_ref().map(drop));
                let troubled = fate::of(Operation::GetConnector, &name).is_some();
                let is_gone = gone.as_ref().is_err_and(Error::is_not_found);
                return right(is_gone || troubled && gone.is_err(), || {
                    format!("{id} is deleted, and reads as {gone:?}")
                });
            }
        }
        Err(format!("{id} could not be deleted in 20 calls"))
    }

    async fn get(&mut self) -> Judged {
        let Some(at) = self.any() else { return Ok(()) };
        let id = self.mine[at].connector.id;
        let result = self.workspace.connectors().get(id).await;
        match self.take(Operation::GetConnector, &id.to_string(), result)? {
            Ok(connector) => right(connector == self.mine[at].connector, || {
                format!("{connector:?} in place of {:?}", self.mine[at].connector)
            }),
            Err(_) => Ok(()),
        }
    }

    async fn readiness(&mut self) -> Judged {
        let Some(at) = self.any() else { return Ok(()) };
        let id = self.mine[at].connector.id;
        let result = self.workspace.connectors().status(id).await;
        match self.take(Operation::GetConnectorStatus, &id.to_string(), result)? {
            Ok(readiness) => {
                let value = serde_json::to_value(&readiness).unwrap_or_default();
                right(value["channel"]["status"] == "active", || {
                    format!("{readiness:?}")
                })
            }
            Err(_) => Ok(()),
        }
    }

    async fn channel(&mut self) -> Judged {
        let Some(at) = self.any() else { return Ok(()) };
        let id = self.channel_id(at)?;
        let result = self.workspace.channels().get(id).await;
        match self.take(Operation::GetChannel, &id.to_string(), result)? {
            Ok(channel) => right(channel.id == id && self.is_mine(&channel), || {
                format!("{channel:?}")
            }),
            Err(_) => Ok(()),
        }
    }

    async fn conversational(&mut self) -> Judged {
        let Some(at) = self.any() else { return Ok(()) };
        let id = self.channel_id(at)?;
        let result = self.workspace.channels().conversational(id).await;
        match self.take(Operation::GetChannelConversational, &id.to_string(), result)? {
            Ok(flag) => {
                let is_active = flag.status.as_str() == "active";
                let expected = self.mine[at].conversational;
                right(
                    expected.is_none_or(|expected| expected == is_active),
                    || format!("{flag:?} in place of {expected:?}"),
                )
            }
            Err(_) => Ok(()),
        }
    }

    async fn set_conversational(&mut self) -> Judged {
        let Some(at) = self.any() else { return Ok(()) };
        let id = self.channel_id(at)?;
        let enabled = self.random.bool();
        let result = self
            .workspace
            .channels()
            .set_conversational(id, enabled)
            .await;
        let operation = Operation::UpdateChannelConversational;
        match self.take(operation, &id.to_string(), result)? {
            Ok(flag) => {
                self.mine[at].conversational = Some(enabled);
                right((flag.status.as_str() == "active") == enabled, || {
                    format!("{flag:?} after setting {enabled}")
                })
            }
            Err(_) => {
                self.mine[at].conversational = None;
                Ok(())
            }
        }
    }

    async fn send(&mut self) -> Judged {
        let Some(at) = self.any() else { return Ok(()) };
        let id = self.channel_id(at)?;
        let result = self
            .workspace
            .channels()
            .send_text(id, "+31612345678", "Hello")
            .await;
        match self.take(Operation::SendChannelMessage, &id.to_string(), result)? {
            Ok(sent) => {
                let value = serde_json::to_value(&sent).unwrap_or_default();
                right(value["status"] == "accepted", || format!("{sent:?}"))
            }
            Err(_) => Ok(()),
        }
    }

    async fn list(&mut self) -> Judged {
        let Ok(found) = self.listed().await? else {
            return Ok(());
        };
        let is_right = found.len() == self.mine.len()
            && found
                .iter()
                .zip(&self.mine)
                .all(|(found, mine)| *found == mine.connector);
        right(is_right, || {
            let known: Vec<_> = self.mine.iter().map(|mine| mine.connector.id).collect();
            let found: Vec<_> = found.iter().map(|connector| connector.id).collect();
            format!("the list has {found:?} in place of {known:?}")
        })
    }

    /// Its own connectors as the API lists them, on one page.
    async fn listed(&mut self) -> Result<Result<Vec<Connector>, Error>, String> {
        let size = self.random.u32(10..=100);
        let list = self.workspace.connectors().list();
        let result = list
            .template(&self.template)
            .page_size(size)
            .first_page()
            .await;
        let result = result.map(|page| page.items);
        let template = self.template.replace(':', "%3A");
        let query = format!("limit={size}&templateRef={template}");
        self.take(Operation::ListConnectors, &query, result)
    }

    async fn list_channels(&mut self) -> Judged {
        let size = self.random.u32(10..=1000);
        let slug = self.template.trim_end_matches(":1");
        let list = self.workspace.channels().list().platform(slug);
        let result = list.page_size(size).first_page().await;
        let query = format!("limit={size}&platform={slug}");
        match self.take(Operation::ListChannels, &query, result)? {
            Ok(page) => {
                let is_right = page.undecodable.is_empty()
                    && page.items.len() == self.mine.len()
                    && page.items.iter().all(|channel| self.is_mine(channel));
                right(is_right, || {
                    format!("{} channels of {}", page.items.len(), self.mine.len())
                })
            }
            Err(_) => Ok(()),
        }
    }

    async fn subscription(&mut self) -> Judged {
        let id = self.place.subscription;
        let result = self.workspace.webhook_subscriptions().get(id).await;
        match self.take(Operation::GetWebhookSubscription, &id.to_string(), result)? {
            Ok(subscription) => right(
                subscription.id == id && subscription.event == "sms.inbound",
                || format!("{subscription:?}"),
            ),
            Err(_) => Ok(()),
        }
    }

    async fn numbers(&mut self) -> Judged {
        let size = self.random.u32(10..=100);
        let result = self
            .workspace
            .numbers()
            .list()
            .page_size(size)
            .first_page()
            .await;
        let query = format!("limit={size}");
        match self.take(Operation::ListNumbers, &query, result)? {
            Ok(page) => right(page.items.len() == 3, || {
                format!("{} numbers", page.items.len())
            }),
            Err(_) => Ok(()),
        }
    }

    fn channel_id(&self, at: usize) -> Result<uuid::Uuid, String> {
        let connector = &self.mine[at].connector;
        let channel = connector
            .channel
            .as_ref()
            .and_then(|channel| channel.channel_id);
        channel.ok_or_else(|| format!("{connector:?} has no channel"))
    }

    fn is_mine(&self, channel: &Channel) -> bool {
        let mine = self
            .mine
            .iter()
            .map(|mine| (mine.connector.id, &mine.connector.name));
        let mine: BTreeMap<_, _> = mine.collect();
        let owner = channel.connector_id.and_then(|id| mine.get(&id).copied());
        owner.is_some() && owner == channel.name.as_ref()
    }
}

fn right(is_right: bool, what: impl FnOnce() -> String) -> Judged {
    if is_right { Ok(()) } else { Err(what()) }
}
