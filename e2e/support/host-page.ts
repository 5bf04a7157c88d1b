/**
 * A page of another site that has Hearth in a frame. The browser counts localhost and 127.0.0.1 as two sites, and keeps storage of
 * frames apart: the host stands on the one, Hearth on the other. A server of its own, because a page that only the test makes up
 * may not reach this machine.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FrameLocator, Page } from '@playwright/test';
import type * as Embed from '../../src/embed-sdk';

/** What tests keep in the host page between two calls. */
export interface HostWindow extends Window {
  embed: typeof Embed;
  connection: Embed.FrameConnection;
}

export interface HostDocument {
  body?: string;
  /** Of the host's own page. */
  headers?: Record<string, string>;
}

export class HostPage {
  /** Where Hearth is. */
  readonly hearth: string;
  readonly frame: FrameLocator;
  readonly #server: Server;
  #document: HostDocument = {};

  constructor(
    readonly page: Page,
    baseURL: string,
  ) {
    this.hearth = baseURL.replace('localhost', '127.0.0.1');
    this.frame = page.frameLocator('iframe');
    this.#server = createServer((_, response) => {
      const { body = '', headers = {} } = this.#document;
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...headers });
      response.end(`<!doctype html><html lang="en"><title>Host</title><link rel="icon" href="data:,">${body}`);
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  /** @param hostname whose site it is; every name below "localhost" is a site of its own. */
  async open(document: HostDocument = {}, hostname = 'localhost'): Promise<void> {
    this.#document = document;
    if (!this.#server.listening) {
      await new Promise<void>((listening) => this.#server.listen(0, '127.0.0.1', listening));
    }
    await this.page.goto(`http://${hostname}:${(this.#server.address() as AddressInfo).port}/`);
    await this.page.evaluate(async (hearth) => {
      const host = window as unknown as HostWindow;
      host.embed = (await import(`${hearth}/embed.js`)) as typeof Embed;
    }, this.hearth);
  }

  /** Connects; what came of it, as text: "connected" or the code of an error. */
  connect(options: Pick<Embed.ConnectOptions, 'model' | 'theme'> = {}): Promise<string> {
    return this.page.evaluate(async (options) => {
      const host = window as unknown as HostWindow;
      const frame = document.querySelector('iframe');
      try {
        host.connection = await host.embed.connect({ ...options, ...(frame && { frame }) });
        return 'connected';
      } catch (error) {
        return error instanceof host.embed.HearthError ? error.code : String(error);
      }
    }, options);
  }

  allow() {
    return this.frame.getByRole('button', { name: 'Allow' }).click();
  }

  /** Presses the last button there is: the frame goes away with it, and Playwright's own click would wait for it. */
  async pressLast(name: string): Promise<void> {
    const button = this.frame.getByRole('button', { name });
    await button.evaluate((element) => void setTimeout(() => (element as HTMLElement).click()));
  }

  status(): Promise<Embed.EmbedStatus> {
    return this.page.evaluate(() => (window as unknown as HostWindow).connection.status());
  }

  /** The code of the reason for which the connection has ended. */
  closedBy(): Promise<string> {
    return this.page.evaluate(async () => (await (window as unknown as HostWindow).connection.closed).code);
  }

  /** Asks for a story of some length, and reads its first words. */
  beginStory(): Promise<void> {
    return this.page.evaluate(async () => {
      const { connection } = window as unknown as HostWindow;
      const { body } = await connection.fetch('https://hearth.local/v1/completions', {
        method: 'POST',
        body: JSON.stringify({ model: 'tales', prompt: 'Once upon a time', max_tokens: 900, stream: true }),
      });
      await body!.getReader().read();
    });
  }

  /**
   * The answer to one question, read as a stream.
   * @param fields of the request, besides the usual ones
   */
  ask(content: string, fields: object = {}): Promise<string> {
    const messages = [{ role: 'user', content }];
    const request = JSON.stringify({ model: 'tales', messages, temperature: 0, stream: true, ...fields });
    return this.page.evaluate(async (body) => {
      const { connection } = window as unknown as HostWindow;
      const response = await connection.fetch('https://hearth.local/v1/chat/completions', { method: 'POST', body });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      let text = '';
      for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) text += piece;
      return text
        .split('\n\n')
        .filter((line) => line.startsWith('data: {'))
        .map((line) => JSON.parse(line.slice('data: '.length)).choices[0].delta.content ?? '')
        .join('');
    }, request);
  }
}

export interface HostFixture {
  host: HostPage;
}

/** For `test.extend`. */
export const withHost = {
  async host({ page, baseURL }: { page: Page; baseURL: string | undefined }, use: (host: HostPage) => Promise<void>) {
    const host = new HostPage(page, baseURL!);
    await use(host);
    await host.close();
  },
};
