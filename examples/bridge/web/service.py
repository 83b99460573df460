# examples/bridge/web/service.py: a fastapi application; Node serves it.
import asyncio
import contextlib

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI):
    print("service: started", flush=True)
    yield
    print("service: stopped", flush=True)


app = FastAPI(lifespan=lifespan)


class Order(BaseModel):
    item: str
    count: int = 1


@app.get("/hello/{name}")
async def hello(name: str):
    return {"hello": name}


@app.post("/orders", status_code=201)
async def order(order: Order):
    return {"ordered": f"{order.count} x {order.item}"}


@app.get("/events")
async def events():
    async def ticks():
        for number in range(3):
            yield f"data: {number}\n\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(ticks(), media_type="text/event-stream")
