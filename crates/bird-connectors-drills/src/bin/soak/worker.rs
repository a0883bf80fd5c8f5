//! One worker: it makes random calls about the connectors that it created, and remembers what the API must return. No other
//! worker changes these connectors, so every result can be checked.

use std::collections::BTreeMap;

use bird_connectors::models::{Channel, ChannelId, Connector};
use bird_connectors::templates::Custom;
use bird_connectors::{Client, Error, Workspace};
use bird_connectors_drills::fixture::Fixture;
use bird_connectors_drills::impact::{Failure, Impact};
use bird_connectors_sandbox::Operation;
use serde_json::json;

use crate::fault_choice::{fault_of, faults};
use crate::tally::Tally;

/// Maximum number of connectors of a worker.
const MAX_CONNECTORS: usize = 4;

pub(crate) struct Worker<'a> {
    workspace: Workspace,
    fixture: Fixture,
    /// The template of all its connectors, by which it filters lists.
    template: String,
    number: usize,
    random: fastrand::Rng,
    /// Number of creates so far.
    creates: u64,
    /// The connectors that it created and did not delete, in order.
    owned: Vec<OwnedConnector>,
    tally: &'a Tally,
}

struct OwnedConnector {
    connector: Connector,
    /// Whether the channel is conversational; `None` after an update of unknown outcome.
    conversational: Option<bool>,
}

/// An error describes a wrong result.
type Checked = Result<(), String>;

impl<'a> Worker<'a> {
    pub(crate) fn new(
        number: usize,
        seed: u64,
        client: &Client,
        fixture: Fixture,
        tally: &'a Tally,
    ) -> Result<Self, Error> {
        Ok(Self {
            workspace: client.workspace(fixture.ids.workspace),
            fixture,
            template: format!("soak-{number}:1"),
            number,
            random: fastrand::Rng::with_seed(seed ^ number as u64),
            creates: 0,
            owned: Vec::new(),
            tally,
        })
    }

    /// Makes calls until all workers together have made enough.
    pub(crate) async fn run(mut self) {
        while self.tally.needs_more_calls() {
            let checked = match self.random.u32(0..100) {
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
            if let Err(violation) = checked {
                let number = self.number;
                self.tally
                    .add_violation(format!("worker {number}: {violation}"));
            }
        }
    }

    /// Counts a call. Returns an error if the call failed in a way that no fault explains, and the result otherwise.
    fn count<T>(
        &self,
        operation: Operation,
        subject: &str,
        result: Result<T, Error>,
    ) -> Result<Result<T, Error>, String> {
        self.tally.count(operation, result.as_ref().map(drop));
        let Err(error) = &result else {
            return Ok(result);
        };
        let faults = faults();
        let fault = fault_of(operation, subject).and_then(|index| faults.get(index));
        let expected = fault.and_then(|fault| Impact::of(fault).failure(operation));
        let actual = expected.map(|failure| Failure {
            kind: error.kind(),
            outcome: error.outcome(),
            status: failure
                .status
                .and(error.status().map(|status| status.as_u16())),
        });
        match fault {
            Some(_) if actual == expected && actual.is_some() => Ok(result),
            Some(fault) => Err(format!(
                "{operation} of {subject} meets {fault} and fails with {error}"
            )),
            None => Err(format!(
                "{operation} of {subject} meets no fault and fails with {error}"
            )),
        }
    }

    /// The index of a random connector that it owns.
    fn choose(&mut self) -> Option<usize> {
        (!self.owned.is_empty()).then(|| self.random.usize(..self.owned.len()))
    }

    async fn create(&mut self) -> Checked {
        if self.owned.len() >= MAX_CONNECTORS {
            return self.delete().await;
        }
        self.creates += 1;
        let name = format!("soak {} {}", self.number, self.creates);
        let template = Custom::new(&self.template, &name).argument("round", self.creates);
        let result = self.workspace.connectors().install(template).await;
        let result = result.map(|install| install.connector().cloned());
        match self.count(Operation::CreateConnector, &name, result)? {
            Ok(Some(connector)) => {
                let round = connector
                    .arguments
                    .as_ref()
                    .and_then(|arguments| arguments.get("round"));
                let is_correct = connector.name == name
                    && connector.connector_template_ref.as_deref() == Some(&self.template)
                    && round == Some(&json!(self.creates));
                let checked = check(is_correct, || {
                    format!("the create of {name} returned {connector:?}")
                });
                self.owned.push(OwnedConnector {
                    connector,
                    conversational: Some(false),
                });
                checked
            }
            Ok(None) => Err(format!("the install of {name} returned no connector")),
            Err(_) => self.reconcile(&name).await,
        }
    }

    /// After a failed create: the connector must exist once or not at all.
    async fn reconcile(&mut self, name: &str) -> Checked {
        let found = loop {
            if let Ok(found) = self.list_owned().await? {
                break found;
            }
        };
        let added = found.len() - self.owned.len().min(found.len());
        match found.into_iter().find(|connector| connector.name == name) {
            Some(connector) if added == 1 => {
                self.owned.push(OwnedConnector {
                    connector,
                    conversational: Some(false),
                });
                Ok(())
            }
            None if added == 0 => Ok(()),
            _ => Err(format!(
                "the failed create of {name} added {added} connectors to the list"
            )),
        }
    }

    async fn delete(&mut self) -> Checked {
        let Some(at) = self.choose() else {
            return Ok(());
        };
        let id = self.owned[at].connector.id;
        let subject = id.to_string();
        for _ in 0..20 {
            let result = self.workspace.connectors().delete(id).missing_ok().await;
            if self
                .count(Operation::DeleteConnector, &subject, result)?
                .is_ok()
            {
                self.owned.remove(at);
                let result = self.workspace.connectors().get(id).await;
                self.tally
                    .count(Operation::GetConnector, result.as_ref().map(drop));
                let meets_fault = fault_of(Operation::GetConnector, &subject).is_some();
                let is_gone = result.as_ref().is_err_and(Error::is_not_found);
                return check(is_gone || meets_fault && result.is_err(), || {
                    format!("{id} was deleted, but a get returned {result:?}")
                });
            }
        }
        Err(format!("20 deletes of {id} failed"))
    }

    async fn get(&mut self) -> Checked {
        let Some(at) = self.choose() else {
            return Ok(());
        };
        let id = self.owned[at].connector.id;
        let result = self.workspace.connectors().get(id).await;
        match self.count(Operation::GetConnector, &id.to_string(), result)? {
            Ok(connector) => check(connector == self.owned[at].connector, || {
                format!("got {connector:?}, expected {:?}", self.owned[at].connector)
            }),
            Err(_) => Ok(()),
        }
    }

    async fn readiness(&mut self) -> Checked {
        let Some(at) = self.choose() else {
            return Ok(());
        };
        let id = self.owned[at].connector.id;
        let result = self.workspace.connectors().readiness(id).await;
        match self.count(Operation::GetConnectorStatus, &id.to_string(), result)? {
            Ok(readiness) => {
                let value = serde_json::to_value(&readiness).unwrap_or_default();
                check(value["channel"]["status"] == "active", || {
                    format!("{readiness:?}")
                })
            }
            Err(_) => Ok(()),
        }
    }

    async fn channel(&mut self) -> Checked {
        let Some(at) = self.choose() else {
            return Ok(());
        };
        let id = self.channel_id(at)?;
        let result = self.workspace.channels().get(id).await;
        match self.count(Operation::GetChannel, &id.to_string(), result)? {
            Ok(channel) => check(channel.id == id && self.is_owned(&channel), || {
                format!("{channel:?}")
            }),
            Err(_) => Ok(()),
        }
    }

    async fn conversational(&mut self) -> Checked {
        let Some(at) = self.choose() else {
            return Ok(());
        };
        let id = self.channel_id(at)?;
        let result = self.workspace.channels().conversational(id).await;
        match self.count(Operation::GetChannelConversational, &id.to_string(), result)? {
            Ok(flag) => {
                let is_active = flag.status.as_str() == "active";
                let expected = self.owned[at].conversational;
                check(
                    expected.is_none_or(|expected| expected == is_active),
                    || format!("got {flag:?}, expected {expected:?}"),
                )
            }
            Err(_) => Ok(()),
        }
    }

    async fn set_conversational(&mut self) -> Checked {
        let Some(at) = self.choose() else {
            return Ok(());
        };
        let id = self.channel_id(at)?;
        let enabled = self.random.bool();
        let result = self
            .workspace
            .channels()
            .set_conversational(id, enabled)
            .await;
        let operation = Operation::UpdateChannelConversational;
        match self.count(operation, &id.to_string(), result)? {
            Ok(flag) => {
                self.owned[at].conversational = Some(enabled);
                check((flag.status.as_str() == "active") == enabled, || {
                    format!("{flag:?} after setting {enabled}")
                })
            }
            Err(_) => {
                self.owned[at].conversational = None;
                Ok(())
            }
        }
    }

    async fn send(&mut self) -> Checked {
        let Some(at) = self.choose() else {
            return Ok(());
        };
        let id = self.channel_id(at)?;
        let result = self
            .workspace
            .channels()
            .send_text(id, "+31612345678", "Hello")
            .await;
        match self.count(Operation::SendChannelMessage, &id.to_string(), result)? {
            Ok(sent) => {
                let value = serde_json::to_value(&sent).unwrap_or_default();
                check(value["status"] == "accepted", || format!("{sent:?}"))
            }
            Err(_) => Ok(()),
        }
    }

    async fn list(&mut self) -> Checked {
        let Ok(found) = self.list_owned().await? else {
            return Ok(());
        };
        let is_correct = found.len() == self.owned.len()
            && found
                .iter()
                .zip(&self.owned)
                .all(|(found, owned)| *found == owned.connector);
        check(is_correct, || {
            let expected: Vec<_> = self.owned.iter().map(|owned| owned.connector.id).collect();
            let found: Vec<_> = found.iter().map(|connector| connector.id).collect();
            format!("the list returned {found:?}, expected {expected:?}")
        })
    }

    /// Lists its connectors, which fit on one page.
    async fn list_owned(&mut self) -> Result<Result<Vec<Connector>, Error>, String> {
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
        self.count(Operation::ListConnectors, &query, result)
    }

    async fn list_channels(&mut self) -> Checked {
        let size = self.random.u32(10..=1000);
        let platform = self.platform();
        let list = self.workspace.channels().list().platform(&platform);
        let result = list.page_size(size).first_page().await;
        let query = format!("limit={size}&platform={platform}");
        match self.count(Operation::ListChannels, &query, result)? {
            Ok(page) => {
                let is_correct = page.undecodable.is_empty()
                    && page.items.len() == self.owned.len()
                    && page.items.iter().all(|channel| self.is_owned(channel));
                check(is_correct, || {
                    format!(
                        "the list returned {} channels, expected {}",
                        page.items.len(),
                        self.owned.len()
                    )
                })
            }
            Err(_) => Ok(()),
        }
    }

    async fn subscription(&mut self) -> Checked {
        let id = self.fixture.ids.subscription;
        let result = self.workspace.webhook_subscriptions().get(id).await;
        match self.count(Operation::GetWebhookSubscription, &id.to_string(), result)? {
            Ok(subscription) => check(
                subscription.id == id && subscription.event == "sms.inbound",
                || format!("{subscription:?}"),
            ),
            Err(_) => Ok(()),
        }
    }

    async fn numbers(&mut self) -> Checked {
        let size = self.random.u32(10..=99);
        let result = self
            .workspace
            .numbers()
            .list()
            .page_size(size)
            .first_page()
            .await;
        let query = format!("limit={size}");
        match self.count(Operation::ListNumbers, &query, result)? {
            Ok(page) => check(page.items.len() == 3, || {
                format!("the list returned {} numbers, expected 3", page.items.len())
            }),
            Err(_) => Ok(()),
        }
    }

    fn channel_id(&self, at: usize) -> Result<ChannelId, String> {
        let connector = &self.owned[at].connector;
        let channel = connector.channel_id();
        channel.ok_or_else(|| format!("{connector:?} has no channel"))
    }

    /// The platform of its channels, which differs from that of all other workers. No channel has the default, which is used
    /// while the worker has no connector.
    fn platform(&self) -> String {
        let connector = self.owned.first().map(|owned| &owned.connector);
        connector
            .and_then(|connector| connector.channel.as_ref()?.platform.clone())
            .unwrap_or_else(|| "none".to_owned())
    }

    fn is_owned(&self, channel: &Channel) -> bool {
        let names: BTreeMap<_, _> = self
            .owned
            .iter()
            .map(|owned| (owned.connector.id, &owned.connector.name))
            .collect();
        let name = channel.connector_id.and_then(|id| names.get(&id).copied());
        name.is_some() && name == channel.name.as_ref()
    }
}

fn check(is_correct: bool, violation: impl FnOnce() -> String) -> Checked {
    if is_correct { Ok(()) } else { Err(violation()) }
}
