"""`python manage.py retrain`, for cron."""

from django.core.management.base import BaseCommand

from shop.recommender import recommender


class Command(BaseCommand):
    """Trains if the newest release is a day old, or if a thousand interactions are new."""

    help = __doc__

    def handle(self, **options: object) -> None:
        """Takes the turn, so that one trains at a time, wherever it is called."""
        with recommender().training_turn(older_than="1d", new=1000) as turn:
            self.stdout.write(turn.reason)
            if turn.due:
                recommender().train(time_limit="30m")
