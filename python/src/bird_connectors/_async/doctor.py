"""Finds out why requests fail, and where the API differs from the contract."""

from __future__ import annotations

from .. import _native
from .. import _typing as t
from .._doctor import Report, report_of


async def diagnose_async(
    *,
    access_key: str | None = None,
    base_url: str | None = None,
    workspace_id: t.Id | None = None,
    proxy: str | None = None,
    no_proxy: bool = False,
    root_certificate: str | None = None,
    sample: int = 50,
) -> Report:
    """Run all checks in the running event loop.

    It sends only reads, each once and without retries, and nothing to the URLs of webhooks. It takes one to three
    seconds. A request that is not answered ends it after 20 seconds.

    Args:
        access_key: The access key. It may be malformed: that is a finding. None reads ``BIRD_ACCESS_KEY``,
            ``BIRD_WORKSPACE_ID`` and ``BIRD_BASE_URL``.
        base_url: The address of the API, or of a sandbox. Default: as for ``Client``.
        workspace_id: The workspace. Default: as for ``Client``.
        proxy: The URL of a proxy. None uses the proxy variables of the environment.
        no_proxy: Connect directly.
        root_certificate: Certificates in PEM format, which are trusted in addition to those of the system.
        sample: Number of connectors, channels, numbers and use cases whose form is compared with the contract, from 1
            to 100.

    Returns:
        The report. Whatever fails is a finding, not an exception.

    Raises:
        InvalidInputError: ``workspace_id`` is not a UUID, or ``sample`` is out of range.
        TypeError: An argument has a wrong type.

    Example:
        ```python
        report = await diagnose_async()
        for finding in report.findings:
            if finding.status == "failed":
                print(f"{finding.check}: {finding.seen}: {finding.action}")
        ```
    """
    call = _native.diagnose(
        access_key=access_key,
        base_url=base_url,
        workspace_id=workspace_id,
        proxy=proxy,
        no_proxy=no_proxy,
        root_certificate=root_certificate,
        sample=sample,
    )
    return report_of(await call.start())
