"""Find out why requests fail, and where the API differs from the contract of this package.

>>> from bird_connectors.doctor import diagnose
>>> report = diagnose()  # doctest: +SKIP
>>> print(report)  # doctest: +SKIP
>>> [finding.check for finding in report.findings if finding.status == "failed"]  # doctest: +SKIP

``diagnose`` blocks, and ``diagnose_async`` is awaited. Both read the environment variables of ``Client.from_env``
unless an access key is passed. They send only reads, each once.
"""

from ._async.doctor import diagnose_async
from ._doctor import Difference, Finding, Report
from ._sync.doctor import diagnose

__all__ = ["Difference", "Finding", "Report", "diagnose", "diagnose_async"]
