/** Another server of this machine, under a name of another site, that writes down whatever reaches it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Elsewhere {
  /** Browsers take every name below "localhost" for this machine, and each for a site of its own. */
  origin: string;
  /** What was asked for: "GET /path", and "CONNECT host:443" where it is a proxy. */
  requests: string[];
  close(): Promise<void>;
}

/** A server that lets everybody read what it answers. */
export async function startElsewhere(): Promise<Elsewhere> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    response.writeHead(200, {
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Content-Type': request.url === '/' ? 'text/html' : 'text/javascript',
    });
    response.end();
  });
  const refuse = ({ method, url }: { method?: string; url?: string }, socket: Pick<Socket, 'destroy'>) => {
    requests.push(`${method ?? ''} ${url ?? ''}`);
    socket.destroy();
  };
  server.on('upgrade', refuse).on('connect', refuse);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://elsewhere.localhost:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
