"""A view that starts an install; `manage.py wait_for_channel` waits for it.

The token travels through the caller of the view, so it is signed.
"""

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bird_connectors import BirdConnectorsError, ConflictError, Sms

from .bird import client


@csrf_exempt
@require_POST
def install(request: HttpRequest) -> JsonResponse:
    try:
        sms = Sms(
            name=request.POST.get("name", ""),
            phone_number_id=request.POST.get("phone_number_id", ""),
            channel_message_type="conversational",
        )
        started = client().workspace().connectors.install(sms)
    except ConflictError as error:
        return JsonResponse({"error": "the channel is already installed", "details": error.details}, status=409)
    except BirdConnectorsError as error:
        return JsonResponse({"error": str(error)}, status=422 if error.outcome in ("answered", "not_sent") else 502)
    return JsonResponse({"connector": started.id, "token": started.token.sign(settings.SECRET_KEY)}, status=202)
