/**
 * Llama (Touvron et al. 2023; Hugging Face `LlamaForCausalLM`): pre-norm blocks of grouped-query attention with rotary
 * positions and a SwiGLU feed-forward, no biases. Eight dispatches a layer.
 */
import type { DeviceBuffer } from '../gpu/backend';
import { attention } from '../kernels/attention/attention';
import { embed } from '../kernels/embed/embed';
import { gatherRows } from '../kernels/gather-rows/gather-rows';
import { recordProduct } from '../kernels/product';
import { rmsNorm } from '../kernels/rms-norm/rms-norm';
import { rotaryAppend, rotaryAppendGrid } from '../kernels/rotary-append/rotary-append';
import type { Epilogue } from '../kernels/shared/epilogue';
import { KV_FORMATS } from '../kernels/shared/kv-pool';
import { packedConstants } from '../kernels/shared/packed';
import { present } from '../lib/invariant';
import { divideUp } from '../lib/shapes';
import { llamaLayout } from './llama-layout';
import type { LlamaConfig } from './llama-layout';
import type { ForwardPass, ModelPage } from './page';

function forward(config: LlamaConfig, pass: ForwardPass): void {
  const { recorder, weights: w, inputs, pools, rowCount, outputCount, lanes } = pass;
  const { residual, normed, qkv, attended, gated, picked, pickedNormed } = activationsOf(pass);
  const strides = llamaLayout.activations(config) as Record<keyof ReturnType<typeof activationsOf>, number>;
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: headDim } = config;
  const { rows, tables, rotations } = inputs;
  const norm = { STRIDE: strides.residual / 4, WIDTH: config.hidden_size, EPSILON: config.rms_norm_eps };
  const pool = {
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
    KV_FORMAT: KV_FORMATS.indexOf(pass.kvFormat),
    TABLE_STRIDE: pass.tableStride,
  };
  const project = (
    name: string,
    x: DeviceBuffer,
    y: DeviceBuffer,
    yStride: number,
    epilogue: keyof typeof Epilogue = 'store',
  ) => recordProduct(recorder, name, { x, matrix: w.matrix(name), y, yStride, rows: rowCount, lanes, epilogue });

  const table = w.matrix('embedding');
  for (const { firstOutput, outputs, codes, scales } of table.parts) {
    const constants = {
      ...packedConstants(table.format, table.width),
      WIDTH: table.width,
      FIRST_ROW: firstOutput,
      PART_ROWS: outputs,
    };
    const grid = [divideUp(constants.CHUNKS, 64), 1, rowCount] as const;
    recorder.call('embedding', embed, { rows, codes, scales, y: residual }, constants, grid);
  }

  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `layers.${layer}`;
    const { keys, values } = present(pools[layer], `KV pool of layer ${layer}`);

    const attentionNorm = w.vector(`${name}.attention_norm`);
    recorder.call(`${name}.attention_norm`, rmsNorm, { x: residual, weight: attentionNorm, y: normed }, norm, [
      1,
      1,
      rowCount,
    ]);
    project(`${name}.qkv`, normed, qkv, strides.qkv);
    recorder.call(
      `${name}.rotary`,
      rotaryAppend,
      { qkv, rows, tables, rotations, keys, values },
      { ...pool, Q_HEADS: heads, QKV_STRIDE: strides.qkv },
      rotaryAppendGrid(heads + 2 * kvHeads, headDim, rowCount),
    );
    recorder.call(
      `${name}.attention`,
      attention,
      { qkv, rows, tables, keys, values, y: attended },
      { ...pool, Q_HEADS: heads, QKV_STRIDE: strides.qkv, Y_STRIDE: strides.attended, SCALE: headDim ** -0.5 },
      [heads, 1, rowCount],
    );
    project(`${name}.o`, attended, residual, strides.residual, 'add');

    const ffnNorm = w.vector(`${name}.ffn_norm`);
    recorder.call(`${name}.ffn_norm`, rmsNorm, { x: residual, weight: ffnNorm, y: normed }, norm, [1, 1, rowCount]);
    project(`${name}.gate_up`, normed, gated, strides.gated, 'swiglu');
    project(`${name}.down`, gated, residual, strides.residual, 'add');
  }

  if (outputCount === 0) return;
  const gather = [divideUp(norm.STRIDE, 64), 1, outputCount] as const;
  recorder.call(
    'picked',
    gatherRows,
    { x: residual, picked: inputs.picked, y: picked },
    { STRIDE: norm.STRIDE },
    gather,
  );
  recorder.call('norm', rmsNorm, { x: picked, weight: w.vector('norm'), y: pickedNormed }, norm, [1, 1, outputCount]);
}

function activationsOf({ activations: buffers }: ForwardPass) {
  const of = (name: string): DeviceBuffer => present(buffers[name], `activation ${name}`);
  return {
    residual: of('residual'),
    normed: of('normed'),
    qkv: of('qkv'),
    attended: of('attended'),
    gated: of('gated'),
    picked: of('picked'),
    pickedNormed: of('pickedNormed'),
  };
}

function head(config: LlamaConfig): string {
  return config.tie_word_embeddings ? 'embedding' : 'head';
}

export const llama: ModelPage<LlamaConfig> = { ...llamaLayout, head, forward };
