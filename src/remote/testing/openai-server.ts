/** A server that speaks as much of OpenAI's API as a test writes down, on a port of this machine. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: unknown;
}

/** Called for every request, once its body is here. */
export type Answering = (asked: Asked, response: ServerResponse) => void | Promise<void>;

export interface TestServer {
  /** With "/v1" at its end. */
  url: string;
  /** All requests, in order. */
  asked: Asked[];
  /** How many connections their clients have broken off. */
  brokenOff(): number;
  close(): void;
}

export async function serve(answer: Answering): Promise<TestServer> {
  const asked: Asked[] = [];
  let brokenOff = 0;
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('close', () => {
      if (!response.writableFinished) brokenOff++;
    });
    let text = '';
    for await (const piece of request) text += String(piece);
    const { method = '', url: path = '', headers } = request;
    const one = { method, path, headers, body: text === '' ? null : (JSON.parse(text) as unknown) };
    asked.push(one);
    await answer(one, response);
  }
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    brokenOff: () => brokenOff,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The head of a stream, to be written to with `sendEvent`. */
export function beginEvents(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
}

/** @param data an object, or "[DONE]". */
export function sendEvent(response: ServerResponse, data: object | string): void {
  response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
}

/** A chunk as these servers send it. */
export const chunk = (delta: object, finishReason: string | null = null) => ({
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: finishReason }],
});

export function sendJson(response: ServerResponse, status: number, body: object | string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
