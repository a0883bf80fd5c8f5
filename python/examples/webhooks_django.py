"""Receive webhooks with Django: the whole project in one file.

BIRD_SIGNING_KEY=… BIRD_WEBHOOK_URL=https://hooks.example.com/bird python webhooks_django.py runserver
"""

import logging
import os
import secrets
import sys
import threading

import django
from django.conf import settings
from django.core.cache import cache
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bird_connectors.webhooks import ChannelEvent, Claim, Deduplicator, Event, Verifier, WebhookError

settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY=os.environ.get("DJANGO_SECRET_KEY", "only for this example")
)
django.setup()

log = logging.getLogger(__name__)
verifier = Verifier(signing_keys=[os.environ["BIRD_SIGNING_KEY"]], url=os.environ["BIRD_WEBHOOK_URL"])
statuses: dict[str, str] = {}


class CacheStore:
    """Stores the keys of deliveries in Django's cache. Processes share it if it is Redis or Memcached, for example."""

    def __init__(self) -> None:
        # `work` claims and releases an event in one thread.
        self._claims = threading.local()

    def begin(self, key: str, /) -> Claim:
        token = secrets.token_hex(16)
        if cache.add(f"bird:{key}", token, timeout=60):
            self._claims.token = token
            return Claim.NEW
        return Claim.DONE if cache.get(f"bird:{key}") == "done" else Claim.IN_FLIGHT

    def commit(self, key: str, /) -> None:
        cache.set(f"bird:{key}", "done", timeout=86400 + 300)

    def release(self, key: str, /) -> None:
        # After the lease of 60 seconds, another worker can have claimed the key.
        if cache.get(f"bird:{key}") == self._claims.token:
            cache.delete(f"bird:{key}")


deduplicator = Deduplicator(CacheStore())


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    try:
        event = verifier.verify(headers=request.headers, body=request.body)
    except WebhookError as error:
        log.warning("rejected a delivery: %s", error)
        return HttpResponse(error.reason, status=401)
    # If another process is handling the event, request a retry in case it fails.
    with deduplicator.work(event) as claim:
        if claim is Claim.NEW:
            handle(event)
    return HttpResponse(status=503 if claim is Claim.IN_FLIGHT else 204)


def handle(event: Event) -> None:
    if isinstance(event, ChannelEvent) and event.channel_id and event.status:
        statuses[event.channel_id] = event.status


def read(_: HttpRequest) -> JsonResponse:
    return JsonResponse(statuses)


urlpatterns = [path("bird", receive), path("statuses", read)]

if __name__ == "__main__":
    # Register the module under its own name, so that Django does not import it again.
    sys.modules.setdefault("webhooks_django", sys.modules[__name__])
    execute_from_command_line(sys.argv)
