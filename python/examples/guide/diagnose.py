"""Find out why requests fail."""

import sys

# --8<-- [start:diagnose]
from bird_connectors.doctor import diagnose

report = diagnose()
for finding in report.findings:
    if finding.status == "failed":
        print(f"{finding.check}: {finding.seen}: {finding.action}")
# --8<-- [end:diagnose]
sys.exit(0 if report.ok else 1)
