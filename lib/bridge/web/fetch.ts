// lib/bridge/web/fetch.ts: a Request of the web's, answered by a Python web application.
import { type Exchange, type OnError, type Sent, textOf, type WebApplication } from "./exchange.js";
import { scopeOfFetch } from "./scope.js";

/** Resolves, for a server has to answer something; rejects only where the request is aborted. */
export async function serveFetch(
  application: WebApplication,
  request: Request,
  rootPath: string,
  onError: OnError,
): Promise<Response> {
  // Some make Requests of their own, without one.
  const signal = request.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  const opening = application.open(scopeOfFetch(request, rootPath));
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  aborted.catch(async () => (await opening).disconnect()).catch(() => {});
  try {
    const exchange = await Promise.race([opening, aborted]);
    return await answer(exchange, request, aborted, onError);
  } catch (error) {
    if (signal.aborted) throw error;
    await opening.then((exchange) => exchange.cancel()).catch(() => {});
    onError(textOf(error));
    return failed();
  }
}

async function answer(
  exchange: Exchange,
  request: Request,
  aborted: Promise<never>,
  onError: OnError,
): Promise<Response> {
  void exchange.bodyFrom(request.body ?? noBody());
  const take = () => Promise.race([exchange.take(), aborted]);
  const [start, first] = [await take(), await take()];
  if (start?.[0] !== "start" || first?.[0] !== "body") {
    const isTold = await exchange.tellFailure(onError);
    if (!isTold) onError("the web application ended without a whole response\n");
    return failed();
  }
  const [, status, pairs, statusText] = start;
  const hasBody = request.method !== "HEAD" && ![101, 204, 205, 304].includes(status);
  const headers = pairs.map(([name, value]): [string, string] => [name, value]);
  const body = hasBody ? bodyOf(exchange, first, aborted, onError) : null;
  const response = new Response(body, { status, statusText, headers });
  if (!hasBody) void exchange.exhaust(onError);
  return response;
}

function failed(): Response {
  return new Response("Internal Server Error", { status: 500 });
}

async function* noBody(): AsyncGenerator<Uint8Array> {}

/** Read as the client reads: back-pressure is the application's. */
function bodyOf(
  exchange: Exchange,
  first: Sent,
  aborted: Promise<never>,
  onError: OnError,
): ReadableStream<Uint8Array> {
  let next: Sent | undefined = first;
  let isAborted = false;
  return new ReadableStream({
    start(controller) {
      aborted.catch((reason) => {
        isAborted = true;
        controller.error(reason);
      });
    },
    async pull(controller) {
      for (;;) {
        const sent: Sent | null = next ?? (await exchange.take());
        next = undefined;
        if (isAborted) return;
        if (sent === null) {
          const reason = "the web application ended in the middle of its response";
          if (!(await exchange.tellFailure(onError))) onError(`${reason}\n`);
          controller.error(new Error(reason));
          return;
        }
        if (sent[0] !== "body") continue;
        if (sent[1].byteLength > 0) controller.enqueue(sent[1]);
        if (!sent[2]) {
          void exchange.exhaust(onError);
          controller.close();
        }
        if (sent[1].byteLength > 0 || !sent[2]) return;
      }
    },
    async cancel() {
      await exchange.disconnect();
    },
  });
}
