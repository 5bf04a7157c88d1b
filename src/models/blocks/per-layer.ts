/** Fields of config.json that differ from layer to layer. */
import { list, valueAt } from '../config';
import type { ConfigJson } from '../config';

/** One of `known` for each of `length` layers; null where the field is absent. */
export function choices<Choice>(
  json: ConfigJson,
  field: string,
  length: number,
  known: readonly Choice[],
): readonly Choice[] | null {
  if ((valueAt(json, field) ?? null) === null) return null;
  const expected = `of ${known.map((item) => JSON.stringify(item)).join(' or ')}, one for each layer`;
  return list(json, field, length, (item) => known.includes(item as Choice), expected) as readonly Choice[];
}

/**
 * Positions each layer sees, its own included; null: all before it.
 * @param windowSize of the layers with a window; null where the checkpoint has it switched off
 * @param isWindowed which layers have one, where `layer_types` does not say
 */
export function readWindows(
  json: ConfigJson,
  layers: number,
  windowSize: number | null,
  isWindowed: (layer: number) => boolean,
): readonly (number | null)[] {
  const types = choices(json, 'layer_types', layers, ['sliding_attention', 'full_attention']);
  return Array.from({ length: layers }, (_, layer) => {
    const windowed = types ? types[layer] === 'sliding_attention' : isWindowed(layer);
    return windowed ? windowSize : null;
  });
}
