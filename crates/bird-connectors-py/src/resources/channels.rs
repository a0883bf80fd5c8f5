//! Channels: list, read, send a text message.

use bird_connectors as sdk;
use pyo3::prelude::*;
use sdk::models as m;

use crate::call::model;
use crate::convert::{Count, Id, Str};
use crate::hints::{CallOf, ListOf, Typed};
use crate::list::{Listing, Paging};
use crate::scope::WorkspaceScope;

/// The native half of `Channels` and `AsyncChannels`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Channels(pub(crate) WorkspaceScope);

#[pymethods]
impl Channels {
    #[pyo3(signature = (platforms, statuses, channel_ids, conferencial, only_my_channels, use_case_type, resource_owner_id, resource_owner_identifiers, reverse, page_size, limit, resume_from))]
    #[allow(clippy::too_many_arguments)]
    fn list(
        &self,
        py: Python<'_>,
        platforms: Vec<Str>,
        statuses: Vec<Str>,
        channel_ids: Vec<Id<m::ChannelId>>,
        conferencial: bool,
        only_my_channels: bool,
        use_case_type: Option<Str>,
        resource_owner_id: Option<Str>,
        resource_owner_identifiers: Vec<Str>,
        reverse: bool,
        page_size: Option<Count>,
        limit: Option<Count>,
        resume_from: Option<Str>,
    ) -> PyResult<Typed<ListOf<m::Channel>>> {
        let paging = Paging::new(py, page_size, limit, resume_from)?;
        Listing::make(py, &self.0, paging, move |workspace| {
            let mut list = workspace
                .channels()
                .list()
                .conferencial(conferencial)
                .only_my_channels(only_my_channels)
                .reverse(reverse);
            for platform in &platforms {
                list = list.platform(&platform.0);
            }
            for status in &statuses {
                list = list.status(status.0.as_str());
            }
            for id in &channel_ids {
                list = list.channel_id(id.0);
            }
            if let Some(kind) = &use_case_type {
                list = list.use_case_type(&kind.0);
            }
            if let Some(id) = &resource_owner_id {
                list = list.resource_owner_id(&id.0);
            }
            for identifier in &resource_owner_identifiers {
                list = list.resource_owner_identifier(&identifier.0);
            }
            list
        })
    }

    fn get(&self, py: Python<'_>, id: Id<m::ChannelId>) -> PyResult<Typed<CallOf<m::Channel>>> {
        let channels = self.0.workspace(py)?.channels();
        model(py, async move { channels.get(id.0).await })
    }

    fn conversational(
        &self,
        py: Python<'_>,
        id: Id<m::ChannelId>,
    ) -> PyResult<Typed<CallOf<m::Conversational>>> {
        let channels = self.0.workspace(py)?.channels();
        model(py, async move { channels.conversational(id.0).await })
    }

    fn set_conversational(
        &self,
        py: Python<'_>,
        id: Id<m::ChannelId>,
        enabled: bool,
    ) -> PyResult<Typed<CallOf<m::Conversational>>> {
        let channels = self.0.workspace(py)?.channels();
        model(py, async move {
            channels.set_conversational(id.0, enabled).await
        })
    }

    fn send_text(
        &self,
        py: Python<'_>,
        id: Id<m::ChannelId>,
        to: Str,
        text: Str,
    ) -> PyResult<Typed<CallOf<m::SentMessage>>> {
        let channels = self.0.workspace(py)?.channels();
        model(
            py,
            async move { channels.send_text(id.0, &to.0, &text.0).await },
        )
    }
}
