/** What can be set about how a model answers, and within which bounds the engine takes it (`engine/options.ts`). */
import type { GenerationOptions } from '../../client';

export interface SamplingField {
  key:
    | 'temperature'
    | 'topK'
    | 'topP'
    | 'minP'
    | 'repetitionPenalty'
    | 'frequencyPenalty'
    | 'presencePenalty'
    | 'maxTokens'
    | 'seed';
  min: number;
  max: number;
  step: number;
  whole: boolean;
}

export const samplingFields: readonly SamplingField[] = [
  { key: 'temperature', min: 0, max: 5, step: 0.1, whole: false },
  { key: 'topK', min: 0, max: Infinity, step: 1, whole: true },
  { key: 'topP', min: 0.01, max: 1, step: 0.05, whole: false },
  { key: 'minP', min: 0, max: 0.99, step: 0.01, whole: false },
  { key: 'repetitionPenalty', min: 0.5, max: 2, step: 0.05, whole: false },
  { key: 'frequencyPenalty', min: -2, max: 2, step: 0.1, whole: false },
  { key: 'presencePenalty', min: -2, max: 2, step: 0.1, whole: false },
  { key: 'maxTokens', min: 1, max: Infinity, step: 1, whole: true },
  { key: 'seed', min: 0, max: Infinity, step: 1, whole: true },
];

/** The number that was typed, null when nothing was, or 'wrong'. */
export function readField({ min, max, whole }: SamplingField, typed: string): number | null | 'wrong' {
  if (typed.trim() === '') return null;
  const value = Number(typed.replace(',', '.'));
  const fits = value >= min && value <= max && (whole ? Number.isSafeInteger(value) : Number.isFinite(value));
  return fits ? value : 'wrong';
}

/** The options with one of them set, or left to the model. */
export function withField(options: GenerationOptions, key: SamplingField['key'], value: number | null) {
  const { [key]: _, ...others } = options;
  return value === null ? others : { ...others, [key]: value };
}

/** The strings before which an answer ends, one a line; undefined where there is none. */
export function readStops(typed: string): string[] | undefined {
  const stops = [...new Set(typed.split('\n'))].filter((line) => line !== '');
  return stops.length > 0 ? stops : undefined;
}
