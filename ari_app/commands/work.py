"""`decroche work`: the process that does what calls leave to be done, so that no call ever waits for it."""

from __future__ import annotations

import signal

import click

from store.base.console import INTERRUPTED, err, json_option, out, to_json
from store.base.settings import settings


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
@json_option
def work(once: bool, as_json: bool) -> None:
    """Do what waits to be done: summaries, calendars, mails, notices, the day's reminders. It gives way to calls.

    One job at a time, one process or several, on any machine that reaches the database. A job whose worker is killed is
    taken by another once its lease is over. Calls that a dead service left are written down once they are over. Ctrl-C
    ends after the job in hand.

    \b
    Example:
      decroche work --once --json
    """
    from ari_app.service.work import handlers, sweep, swept
    from store.base.logs import set_up_logs
    from store.setup import open_database
    from store.work import Worker, give_way

    of = settings()
    set_up_logs(of, name="worker")
    give_way()
    told: list[int] = []
    with open_database(of) as db, handlers(of, db) as (known, plan):
        worker = Worker(db, known, plan=plan)

        def stop(number: int, _: object) -> None:
            told.append(number)
            worker.stop()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            if once:
                sweep(of, db)
                done = worker.drain()
                out.print(to_json({"done": done}) if as_json else f"{done} jobs done")
            else:
                err.print("working: Ctrl-C ends after the job in hand", style="dim")
                with swept(of, db):
                    worker.run()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            worker.close()
    if signal.SIGINT in told:
        raise SystemExit(INTERRUPTED)
