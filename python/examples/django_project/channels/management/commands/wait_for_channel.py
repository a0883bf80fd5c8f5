"""Waits for an install that the view started: `manage.py wait_for_channel TOKEN`."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bird_connectors import BirdConnectorsError, Progress, WaitToken
from channels.bird import client


class Command(BaseCommand):
    help = "Waits until the channel of an install can send, and prints its id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("token")
        parser.add_argument("--timeout", type=float, default=300)

    def handle(self, *args: Any, token: str, timeout: float, **options: Any) -> None:
        def report(step: Progress) -> None:
            self.stderr.write(f"{step.elapsed:.1f} s: {step.status or 'no status yet'}")

        try:
            verified = WaitToken.verify(token, settings.SECRET_KEY)
            install = client().workspace().connectors.resume(verified)
            ready = install.until_ready(timeout=timeout, on_progress=report)
        except BirdConnectorsError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(ready.channel_id)
