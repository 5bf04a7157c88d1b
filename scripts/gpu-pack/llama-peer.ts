/**
 * llama.cpp as a peer of the benchmark: a random GGUF file of the shape is written, and llama.cpp runs it in a process of its own
 * (llama-server.ts), so that its crash is not ours and neither slows the other's host.
 */
import { fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Peer, PeerModel } from '../../src/bench/peer';
import { HearthError } from '../../src/lib/errors';
import { scriptPath } from './child';
import type { LlamaAnswer, LlamaQuestion } from './llama-server';
import { writeRandomGguf } from './random-gguf';

/**
 * @param folder where the file may lie while the shape is timed: up to 4.6 GB
 * @param processor whether it may run without a GPU
 */
export function llamaPeer(folder: string, processor: boolean): Peer {
  return {
    name: 'llama.cpp',
    async open(shape, contextLength) {
      const path = join(folder, 'random.gguf');
      await writeRandomGguf(path, shape);
      const { ask, end } = startServer();
      try {
        const { device } = await ask({ what: 'open', path, contextLength, processor });
        const model: PeerModel = {
          device: device!,
          decode: async (context) => (await ask({ what: 'decode', context })).ms!,
          prefill: async (tokens) => (await ask({ what: 'prefill', tokens })).ms!,
          async close() {
            end();
            await rm(path, { force: true });
          },
        };
        return model;
      } catch (error) {
        end();
        await rm(path, { force: true });
        throw error;
      }
    },
  };
}

function startServer() {
  const child = fork(scriptPath('llama-server.mjs'), [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let said = '';
  let settle: (answer: LlamaAnswer) => void = () => {};
  child.stderr?.on('data', (text: Buffer) => (said = (said + String(text)).slice(-500)));
  child.on('message', (answer: LlamaAnswer) => settle(answer));
  child.on('close', (status, signal) =>
    settle({ error: `it ended with ${signal ?? `status ${status}`}: ${said.trim()}` }),
  );
  const ask = (question: LlamaQuestion) =>
    new Promise<LlamaAnswer>((resolve, reject) => {
      settle = (answer) => (answer.error === undefined ? resolve(answer) : reject(failure(answer.error)));
      if (child.connected) child.send(question);
      else settle({ error: `it has ended: ${said.trim()}` });
    });
  return { ask, end: () => void child.kill('SIGKILL') };
}

function failure(error: string): HearthError {
  return new HearthError('internal', `llama.cpp could not: ${error}`);
}
