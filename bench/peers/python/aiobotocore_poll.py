"""aiobotocore as a poller: tasks of one event loop call list_task_instances back to back."""

import asyncio

import aiobotocore
import aiohttp
import botocore
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

from poller import REQUEST, Stopwatch, Tally, arguments, settings


async def poll(client, tally):
    while tally.takes():
        try:
            page = await client.list_task_instances(**REQUEST)
        except Exception as failure:  # whatever it is, it is told
            tally.failed(failure)
        else:
            tally.look(page)


async def run(client, given, requests):
    tally = Tally(requests, given.items)
    await asyncio.gather(*(poll(client, tally) for _ in range(given.concurrency)))
    return tally


async def main():
    given = arguments()
    config = AioConfig(max_pool_connections=given.concurrency)
    async with get_session().create_client("mwaa-serverless", config=config, **settings(given)) as client:
        await run(client, given, given.warm_up)
        watch = Stopwatch()
        tally = await run(client, given, given.requests)
        watch.tell(given, tally, sdk=f"aiobotocore {aiobotocore.__version__}, botocore {botocore.__version__}",
                   http=f"aiohttp {aiohttp.__version__}", retry_mode=client.meta.config.retries["mode"])


if __name__ == "__main__":
    asyncio.run(main())
