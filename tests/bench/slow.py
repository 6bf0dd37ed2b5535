#!/usr/bin/python3
"""slow.py PORT SECONDS - a proxy on loopback to PORT that delays every byte both ways, so that a round trip takes SECONDS longer, as a
far network does. Prints its own port; ends with its parent's signal."""
import asyncio
import sys


class Proxy:
    def __init__(self, port, round_trip_s):
        self.to, self.delay = port, round_trip_s / 2

    async def run(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=2**20)
        print(server.sockets[0].getsockname()[1], flush=True)
        async with server:
            await server.serve_forever()

    async def serve(self, reader, writer):
        await asyncio.sleep(2 * self.delay)  # the handshake
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.to, limit=2**20)
        await asyncio.gather(self.pump(reader, up_writer), self.pump(up_reader, writer))

    async def pump(self, reader, writer):
        """Bytes go out `delay` after they came in, whatever comes meanwhile; the window is 256 pieces."""
        queue = asyncio.Queue(256)
        loop = asyncio.get_running_loop()

        async def take():
            data = b"x"
            while data:
                data = await reader.read(2**16)
                await queue.put((loop.time() + self.delay, data))

        taker = loop.create_task(take())
        try:
            while True:
                due, data = await queue.get()
                if due > loop.time():
                    await asyncio.sleep(due - loop.time())
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        except (ConnectionError, OSError):
            pass
        taker.cancel()
        writer.close()


asyncio.run(Proxy(int(sys.argv[1]), float(sys.argv[2])).run())
