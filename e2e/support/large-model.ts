/**
 * A Llama checkpoint with one tensor larger than a tab should ever hold, made up as it is sent: an embedding of 335 MB in 16
 * bits, and next to nothing else, or a feed-forward that brings it to a gigabyte. Served with ranges, from another origin than
 * the page's.
 */
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const HIDDEN = 1024;
const VOCABULARY = 163_840;
const HEADS = 4;
const HEAD_DIM = 32;

export interface LargeModelOptions {
  dtype: 'BF16' | 'F16';
  /** Width of the feed-forward: 6 KiB each. */
  feedForward: number;
}

const configOf = ({ feedForward }: LargeModelOptions) => ({
  model_type: 'llama',
  vocab_size: VOCABULARY,
  hidden_size: HIDDEN,
  intermediate_size: feedForward,
  num_hidden_layers: 1,
  num_attention_heads: HEADS,
  num_key_value_heads: HEADS,
  head_dim: HEAD_DIM,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  eos_token_id: 0,
});

const tensorsOf = ({
  feedForward,
}: LargeModelOptions): Record<string, [rows: number, width: number] | [width: number]> => ({
  'model.embed_tokens.weight': [VOCABULARY, HIDDEN],
  'model.layers.0.input_layernorm.weight': [HIDDEN],
  'model.layers.0.mlp.down_proj.weight': [HIDDEN, feedForward],
  'model.layers.0.mlp.gate_proj.weight': [feedForward, HIDDEN],
  'model.layers.0.mlp.up_proj.weight': [feedForward, HIDDEN],
  'model.layers.0.post_attention_layernorm.weight': [HIDDEN],
  'model.layers.0.self_attn.k_proj.weight': [HEADS * HEAD_DIM, HIDDEN],
  'model.layers.0.self_attn.o_proj.weight': [HIDDEN, HEADS * HEAD_DIM],
  'model.layers.0.self_attn.q_proj.weight': [HEADS * HEAD_DIM, HIDDEN],
  'model.layers.0.self_attn.v_proj.weight': [HEADS * HEAD_DIM, HIDDEN],
  'model.norm.weight': [HIDDEN],
});

export interface LargeModel {
  url: string;
  weightBytes: number;
  /** Bytes of weights sent so far. */
  sentBytes(): number;
  close(): void;
}

/** Starts serving; `tokenizerFolder` lends its tokenizer files. */
export async function serveLargeModel(
  tokenizerFolder: string,
  options: LargeModelOptions = { dtype: 'BF16', feedForward: 64 },
): Promise<LargeModel> {
  const header = safetensorsHeader(options);
  const weightBytes = header.fileBytes;
  const noise = smallNumbers(options.dtype);
  let sentBytes = 0;

  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1);
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Expose-Headers', 'ETag, Content-Range, Content-Length, Accept-Ranges');
    response.setHeader('Access-Control-Allow-Headers', '*');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    response.setHeader('Cache-Control', 'no-store');
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    if (name === 'config.json') return void response.end(JSON.stringify(configOf(options)));
    if (name === 'tokenizer.json' || name === 'tokenizer_config.json') {
      return void createReadStream(`${tokenizerFolder}/${name}`).pipe(response);
    }
    if (name !== 'model.safetensors') return void response.writeHead(404).end();

    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const start = range ? Number(range[1]) : 0;
    const end = range?.[2] ? Math.min(Number(range[2]) + 1, weightBytes) : weightBytes;
    response.setHeader('ETag', '"large"');
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader('Content-Length', end - start);
    if (range) response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${weightBytes}`);
    response.writeHead(range ? 206 : 200);
    if (request.method === 'HEAD') return void response.end();
    let at = start;
    const send = () => {
      while (at < end) {
        const inHeader = at < header.bytes.length;
        const from = inHeader ? header.bytes : noise;
        const offset = inHeader ? at : (at - header.bytes.length) % noise.length;
        const piece = from.subarray(offset, Math.min(from.length, offset + end - at));
        at += piece.length;
        sentBytes += piece.length;
        if (!response.write(piece)) return void response.once('drain', send);
      }
      response.end();
    };
    send();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    weightBytes,
    sentBytes: () => sentBytes,
    close: () => void server.close(),
  };
}

function safetensorsHeader(options: LargeModelOptions): { bytes: Buffer; fileBytes: number } {
  let offset = 0;
  const entries = Object.entries(tensorsOf(options)).map(([name, shape]) => {
    const bytes = 2 * shape.reduce((product, size) => product * size, 1);
    const entry = { dtype: options.dtype, shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
    return [name, entry];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const bytes = Buffer.concat([length, json]);
  return { bytes, fileBytes: bytes.length + offset };
}

/** A mebibyte of numbers of about ±0.0156 … ±0.031. */
function smallNumbers(dtype: LargeModelOptions['dtype']): Buffer {
  const [random, fixed] = dtype === 'BF16' ? [0x807f, 0x3c80] : [0x83ff, 0x2400];
  const numbers = new Uint16Array(2 ** 19);
  let state = 1;
  for (let i = 0; i < numbers.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    numbers[i] = ((state >>> 16) & random) | fixed;
  }
  return Buffer.from(numbers.buffer);
}
