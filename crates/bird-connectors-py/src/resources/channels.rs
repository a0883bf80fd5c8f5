//! Channels: list, read, send a text message.

use bird_connectors as sdk;
use pyo3::prelude::*;
use sdk::models as m;

use crate::call::model;
use crate::convert::{Arg, Count, Id, Sequence, Str, arguments};
use crate::hints::{CallOf, ListOf, Typed};
use crate::list::{Listing, Paging};
use crate::scope::WorkspaceScope;

/// The native half of `Channels` and `AsyncChannels`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Channels(pub(crate) WorkspaceScope);

#[pymethods]
impl Channels {
    #[getter]
    fn workspace_id(&self) -> String {
        self.0.id.to_string()
    }

    #[pyo3(signature = (platform, status, channel_ids, conferencial, only_my_channels, use_case_type, resource_owner_id, resource_owner_identifier, reverse, page_size, limit, max_empty_pages, resume_from))]
    #[allow(clippy::too_many_arguments)]
    fn list(
        &self,
        py: Python<'_>,
        platform: Arg<Sequence<Str>>,
        status: Arg<Sequence<Str>>,
        channel_ids: Arg<Sequence<Id<m::ChannelId>>>,
        conferencial: Arg<bool>,
        only_my_channels: Arg<bool>,
        use_case_type: Option<Arg<Str>>,
        resource_owner_id: Option<Arg<Str>>,
        resource_owner_identifier: Arg<Sequence<Str>>,
        reverse: Arg<bool>,
        page_size: Option<Arg<Count<u32>>>,
        limit: Option<Arg<Count>>,
        max_empty_pages: Option<Arg<Count>>,
        resume_from: Option<Arg<Str>>,
    ) -> PyResult<Typed<ListOf<m::Channel>>> {
        arguments!(
            platform,
            status,
            channel_ids,
            conferencial,
            only_my_channels,
            use_case_type,
            resource_owner_id,
            resource_owner_identifier,
            reverse,
            page_size,
            limit,
            max_empty_pages,
            resume_from
        );
        let paging = Paging::new(py, page_size, limit, max_empty_pages, resume_from)?;
        Listing::make(py, &self.0, paging, move |workspace| {
            let mut list = workspace
                .channels()
                .list()
                .conferencial(conferencial)
                .only_my_channels(only_my_channels)
                .reverse(reverse);
            for platform in &platform.0 {
                list = list.platform(&platform.0);
            }
            for status in &status.0 {
                list = list.status(status.0.as_str());
            }
            for id in &channel_ids.0 {
                list = list.channel_id(id.0);
            }
            if let Some(kind) = &use_case_type {
                list = list.use_case_type(&kind.0);
            }
            if let Some(id) = &resource_owner_id {
                list = list.resource_owner_id(&id.0);
            }
            for identifier in &resource_owner_identifier.0 {
                list = list.resource_owner_identifier(&identifier.0);
            }
            list
        })
    }

    fn get(
        &self,
        py: Python<'_>,
        id: Arg<Id<m::ChannelId>>,
    ) -> PyResult<Typed<CallOf<m::Channel>>> {
        arguments!(id);
        let channels = self.0.workspace(py)?.channels();
        model(py, async move { channels.get(id.0).await })
    }

    fn conversational(
        &self,
        py: Python<'_>,
        id: Arg<Id<m::ChannelId>>,
    ) -> PyResult<Typed<CallOf<m::Conversational>>> {
        arguments!(id);
        let channels = self.0.workspace(py)?.channels();
        model(py, async move { channels.conversational(id.0).await })
    }

    fn set_conversational(
        &self,
        py: Python<'_>,
        id: Arg<Id<m::ChannelId>>,
        enabled: Arg<bool>,
    ) -> PyResult<Typed<CallOf<m::Conversational>>> {
        arguments!(id, enabled);
        let channels = self.0.workspace(py)?.channels();
        model(py, async move {
            channels.set_conversational(id.0, enabled).await
        })
    }

    fn send_text(
        &self,
        py: Python<'_>,
        id: Arg<Id<m::ChannelId>>,
        to: Arg<Str>,
        text: Arg<Str>,
    ) -> PyResult<Typed<CallOf<m::SentMessage>>> {
        arguments!(id, to, text);
        let channels = self.0.workspace(py)?.channels();
        model(
            py,
            async move { channels.send_text(id.0, &to.0, &text.0).await },
        )
    }
}
