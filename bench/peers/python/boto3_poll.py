"""boto3 as a poller: threads that share a client call list_task_instances back to back."""

import threading

import boto3
import botocore
import urllib3
from botocore.config import Config

from poller import REQUEST, Stopwatch, Tally, arguments, settings


def poll(client, tally):
    while tally.takes():
        try:
            page = client.list_task_instances(**REQUEST)
        except Exception as failure:  # whatever it is, it is told
            tally.failed(failure)
        else:
            tally.look(page)


def run(client, given, requests):
    tally = Tally(requests, given.items)
    pollers = [threading.Thread(target=poll, args=(client, tally)) for _ in range(given.concurrency)]
    for each in pollers:
        each.start()
    for each in pollers:
        each.join()
    return tally


def main():
    given = arguments()
    client = boto3.client("mwaa-serverless", config=Config(max_pool_connections=given.concurrency), **settings(given))
    run(client, given, given.warm_up)
    watch = Stopwatch()
    tally = run(client, given, given.requests)
    watch.tell(given, tally, sdk=f"boto3 {boto3.__version__}, botocore {botocore.__version__}",
               http=f"urllib3 {urllib3.__version__}", retry_mode=client.meta.config.retries["mode"])


if __name__ == "__main__":
    main()
