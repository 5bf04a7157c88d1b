/** Where each part of each packed tensor lies in the checkpoint: the model's table held against the files' headers. */
import { HearthError } from '../lib/errors';
import type { CheckpointFile, CheckpointTensor } from './formats/checkpoint';
import { isWeightType, WEIGHT_TYPES, type WeightType } from './formats/weight-types';
import type { WeightPart, WeightSpec } from './spec';

/** One source tensor and the rows of the packed tensor that it becomes. */
export interface LocatedPart {
  /** Index into the specs. */
  spec: number;
  firstRow: number;
  rows: number;
  source: string;
  /** Index into the checkpoint's files, and the offset in that file. */
  file: number;
  startBytes: number;
  dtype: WeightType;
  /** See CheckpointTensor. */
  pairedRows?: number;
  /** See WeightPart. */
  plus?: number;
}

/**
 * Tensors that may be left over: rotary tables that old checkpoints carry along, a copy of the embedding in checkpoints
 * whose head is tied to it, and what a multimodal model sees with beside its text half. Any other means that the model is not the one its config.json describes.
 */
const LEFT_OVER = [
  /\.rotary_emb\.inv_freq$/,
  /^(language_model\.)?lm_head\.weight$/,
  /^(vision_tower|multi_modal_projector)\./,
];

/**
 * All parts, in the order of the source's bytes.
 * @throws HearthError `bad-file` for missing, additional or misshapen tensors, `unsupported-model` for their types.
 */
export function locateParts(specs: readonly WeightSpec[], files: readonly CheckpointFile[]): LocatedPart[] {
  const wanted = wantedParts(specs);
  const located: LocatedPart[] = [];
  for (const [file, { path, tensors }] of files.entries()) {
    for (const tensor of tensors) {
      const { name, dtype, startBytes, pairedRows } = tensor;
      const want = wanted.get(name);
      wanted.delete(name);
      if (!want) {
        if (LEFT_OVER.some((pattern) => pattern.test(name))) continue;
        throw new HearthError(
          'bad-file',
          `${path} holds tensor "${name}", which a model as described by config.json does not have.`,
          { hint: 'Pick another model: this one has parts that we would leave out.' },
        );
      }
      refuseShape(tensor, want.spec, want.part);
      if (!isWeightType(dtype)) {
        throw new HearthError(
          'unsupported-model',
          `Tensor "${name}" is of type ${dtype}; weights can be read as ${WEIGHT_TYPES.join(', ')}.`,
          { hint: 'Pick a version of this model whose weights are of one of these types.' },
        );
      }
      const { specIndex, firstRow, part } = want;
      const { rows, plus } = part;
      located.push({
        spec: specIndex,
        firstRow,
        rows,
        source: name,
        file,
        startBytes,
        dtype,
        ...(pairedRows && { pairedRows }),
        ...(plus && !tensor.plusIsIn && { plus }),
      });
    }
  }
  refuseMissing([...wanted.keys()]);
  return located;
}

function wantedParts(specs: readonly WeightSpec[]) {
  const wanted = new Map<string, { specIndex: number; spec: WeightSpec; firstRow: number; part: WeightPart }>();
  for (const [specIndex, spec] of specs.entries()) {
    let firstRow = 0;
    for (const part of spec.parts) {
      wanted.set(part.source, { specIndex, spec, firstRow, part });
      firstRow += part.rows;
    }
  }
  return wanted;
}

function refuseShape({ name, shape }: CheckpointTensor, { role, width }: WeightSpec, { rows }: WeightPart): void {
  const expected = role === 'vector' ? [rows * width] : [rows, width];
  if (shape.length === expected.length && shape.every((size, axis) => size === expected[axis])) return;
  const what =
    role === 'embedding' || role === 'head'
      ? `config.json describes a vocabulary of ${rows} tokens, ${width} numbers each`
      : 'config.json asks for';
  throw new HearthError(
    'bad-file',
    `Tensor "${name}" has shape [${shape.join(', ')}]; ${what}: [${expected.join(', ')}].`,
  );
}

function refuseMissing(names: string[]): void {
  if (names.length === 0) return;
  const others = names.length > 1 ? ` and ${names.length - 1} more` : '';
  throw new HearthError(
    'bad-file',
    `The model's files lack tensor "${names[0]}"${others}, which config.json asks for.`,
    {
      hint: 'Check that the upload of this model is complete, or pick another one.',
    },
  );
}
