"""Middleware: what the recommender refuses is the client's mistake."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from tastemaker import InputError, NotFoundError


class Refusing:
    """Gives 404 for what is not there, and 422 for a value that cannot be taken."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """What the rest of the shop responds."""
        return self.respond(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The response to what a view raised; None leaves it to Django."""
        if not isinstance(error, NotFoundError | InputError):
            return None
        status = 404 if isinstance(error, NotFoundError) else 422
        return JsonResponse({"error": str(error)}, status=status)
